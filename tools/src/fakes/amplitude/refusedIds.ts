// Amplitude, HTTP V2 API: ids it refuses; upper-case variants are refused too.
const refused = new Set([
  'anonymous',
  'nil',
  'none',
  'null',
  'n/a',
  'na',
  'undefined',
  'unknown',
  '',
  '{}',
  'lmy47d',
  '0',
  '-1',
]);
const zeros = '00000000-0000-0000-0000-000000000000';
const longest = 'anonymous'.length;

export function isRefusedId(id: string): boolean {
  const compared = id.trim();
  return compared.length > longest ? compared === zeros : refused.has(compared.toLowerCase());
}
