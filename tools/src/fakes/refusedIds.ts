const zeros = '00000000-0000-0000-0000-000000000000';
const both = ['anonymous', 'nil', 'none', 'null', 'n/a', 'na', 'undefined', 'unknown', '{}', '0', '-1'];

// Amplitude, HTTP V2 API: ids it refuses; upper-case variants are refused too.
export const refusedByAmplitude: ReadonlySet<string> = new Set([...both, '', 'lmy47d']);
// Mixpanel, Import Events reference: values refused as distinct_id and as $insert_id.
export const refusedByMixpanel: ReadonlySet<string> = new Set([...both, 'anon', '<nil>', 'true', 'false', '[]']);

/** Whether an id is one of those refused; upper case and surrounding blanks count only when `isExact`. */
export function isRefusedId(id: string, refused: ReadonlySet<string>, isExact = false): boolean {
  const compared = isExact ? id : id.trim();
  // No refused word is longer.
  if (compared.length > 'anonymous'.length) return compared === zeros;
  return refused.has(isExact ? compared : compared.toLowerCase());
}
