/** Keys remembered; the oldest are forgotten first. */
const maxRemembered = 1_000;

/** Tells whether a key comes for the first time, as far as it is remembered. */
export function createFirstTime(): (key: string) => boolean {
  const known = new Set<string>();
  return (key) => {
    if (known.has(key)) return false;
    known.add(key);
    for (const oldest of known) {
      if (known.size <= maxRemembered) break;
      known.delete(oldest);
    }
    return true;
  };
}
