/** So many characters in a row of a secret are too many to show. */
const tellingCharacters = 8;
/** What is shorter than this is too short to be a secret, and would be found in any sentence. */
const shortestSecret = 4;

/**
 * Whether a text shows anything of the secrets: a run of eight of their characters, or the whole of a shorter one.
 * Written for texts of a sentence or two.
 */
export function containsSecret(text: string, secrets: readonly string[]): boolean {
  return secrets.some((secret) => {
    if (secret.length < shortestSecret) return false;
    if (secret.length <= tellingCharacters) return text.includes(secret);
    for (let start = 0; start + tellingCharacters <= text.length; start++) {
      if (secret.includes(text.slice(start, start + tellingCharacters))) return true;
    }
    return false;
  });
}

/** Every text in a value, keys included, except the words that are known not to be secret. */
export function secretsIn(value: unknown, publicWords: ReadonlySet<string>): readonly string[] {
  const secrets: string[] = [];
  const rest: unknown[] = [value];
  for (const next of rest) {
    if (typeof next === 'object' && next !== null) {
      const inside: readonly unknown[] = Array.isArray(next) ? next : Object.entries(next).flat();
      for (const part of inside) rest.push(part);
    } else if (typeof next === 'string' || typeof next === 'number') {
      const text = String(next);
      if (!publicWords.has(text)) secrets.push(text);
    }
  }
  return secrets;
}
