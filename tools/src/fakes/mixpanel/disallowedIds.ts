const zeros = '00000000-0000-0000-0000-000000000000';

// Mixpanel, Import Events reference: values refused as distinct_id and as $insert_id.
const shortOnes = new Set([
  'anon',
  'anonymous',
  'nil',
  'none',
  'null',
  'n/a',
  'na',
  'undefined',
  'unknown',
  '<nil>',
  '0',
  '-1',
  'true',
  'false',
  '[]',
  '{}',
]);

const longestShortOne = 'anonymous'.length;

export function isDisallowedId(id: string, idCase: 'insensitive' | 'exact'): boolean {
  const compared = idCase === 'exact' ? id : id.trim();
  if (compared.length > longestShortOne) return compared === zeros;
  return shortOnes.has(idCase === 'exact' ? compared : compared.toLowerCase());
}
