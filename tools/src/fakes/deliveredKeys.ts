import { createHashedKeys, createKeyHash } from './hashedKeys.js';

/** Remembers what was stored. `exact` keeps the keys themselves; otherwise only their hashes. */
export interface DeliveredKeys {
  /** Remembers one copy; true when the same key was remembered less than `windowSeconds` ago. The window starts at the first copy. */
  remember(project: string, id: string, event: string, person: string, time: number, atSeconds: number): boolean;
  hasId(id: string): boolean;
}

export function createDeliveredKeys(exact: boolean, windowSeconds: number): DeliveredKeys {
  return exact ? createExactKeys(windowSeconds) : createHashOnlyKeys(windowSeconds);
}

function createExactKeys(windowSeconds: number): DeliveredKeys {
  const ids = new Set<string>();
  const firstSeen = new Map<string, number>();
  return {
    remember(project, id, event, person, time, atSeconds) {
      ids.add(id);
      const key = JSON.stringify([project, id, event, person, time]);
      const before = firstSeen.get(key);
      if (before !== undefined && atSeconds - before < windowSeconds) return true;
      firstSeen.set(key, atSeconds);
      return false;
    },
    hasId: (id) => ids.has(id),
  };
}

function createHashOnlyKeys(windowSeconds: number): DeliveredKeys {
  const hash = createKeyHash();
  const ids = createHashedKeys();
  const keys = createHashedKeys();
  return {
    remember(project, id, event, person, time, atSeconds) {
      hash.start();
      hash.text(id);
      ids.swap(hash.low(), hash.high(), 0);
      hash.text(project);
      hash.text(event);
      hash.text(person);
      hash.number(time);
      const low = hash.low();
      const high = hash.high();
      const before = keys.swap(low, high, atSeconds);
      if (before < 0 || atSeconds - before >= windowSeconds) return false;
      keys.swap(low, high, before);
      return true;
    },
    hasId(id) {
      hash.start();
      hash.text(id);
      return ids.has(hash.low(), hash.high());
    },
  };
}
