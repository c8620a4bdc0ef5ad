/** Random in each process, so that a sender cannot prepare ids with equal hashes. */
const seed = Math.floor(Math.random() * 2 ** 32);

/** FNV-1a of the UTF-16 code units, 30 bits: V8 keeps such a number in the object itself. */
export function hashOf(user: string): number {
  let hash = seed;
  for (let index = 0; index < user.length; index++) hash = Math.imul(hash ^ user.charCodeAt(index), 0x01000193);
  return (hash ^ (hash >>> 15)) & 0x3fffffff;
}
