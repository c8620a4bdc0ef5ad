import { hash } from 'node:crypto';

/** The set of stored keys. With `isExact` it keeps the keys; otherwise 66 bits of their hashes, which need less memory. */
export function createDeliveredKeys(isExact: boolean, windowSeconds: number) {
  const shorten = (key: string): string => (isExact ? key : hash('sha1', key, 'base64').slice(0, 11));
  const ids = new Set<string>();
  const firstSeen = new Map<string, number>();
  return {
    /** Adds one copy; returns true when the same key was added less than `windowSeconds` ago. The window starts at the first copy. */
    remember(project: string, id: string, event: string, person: string, time: number, atSeconds: number): boolean {
      ids.add(shorten(id));
      const key = shorten(JSON.stringify([project, id, event, person, time]));
      const before = firstSeen.get(key);
      if (before !== undefined && atSeconds - before < windowSeconds) return true;
      firstSeen.set(key, atSeconds);
      return false;
    },
    hasId: (id: string) => ids.has(shorten(id)),
  };
}
