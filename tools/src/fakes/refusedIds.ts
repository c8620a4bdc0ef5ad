const zeros = '00000000-0000-0000-0000-000000000000';
const both = ['anonymous', 'nil', 'none', 'null', 'n/a', 'na', 'undefined', 'unknown', '{}', '0', '-1'];

// Amplitude, HTTP V2 API: refused ids, also in upper case.
export const refusedByAmplitude: ReadonlySet<string> = new Set([...both, '', 'lmy47d']);
// Mixpanel, Import Events reference: values refused as distinct_id and as $insert_id.
export const refusedByMixpanel: ReadonlySet<string> = new Set([...both, 'anon', '<nil>', 'true', 'false', '[]']);

/** Whether an id is refused; case and surrounding blanks matter only with `isExact`. */
export function isRefusedId(id: string, refused: ReadonlySet<string>, isExact = false): boolean {
  const compared = isExact ? id : id.trim();
  // The length of the longest refused word.
  if (compared.length > 'anonymous'.length) return compared === zeros;
  return refused.has(isExact ? compared : compared.toLowerCase());
}
