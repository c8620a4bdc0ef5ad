import { createOneAtATime } from '@currents/core';

/** Partners known to exist; anyone can ask for any name, so only these are kept. */
const maxKnown = 1_000;
const knownForMs = 60_000;
const maxWaiting = 100;
/** As the admin API accepts it. */
const partnerName = /^[a-z][a-z0-9_-]{0,39}$/;

/**
 * Whether a partner exists. Callers need no key, so at most one question to the database is under way at a time; `busy` when
 * too many wait. A name that exists is remembered for a minute: pushes to it need a key all the same.
 */
export function createPartnerLookup(isRegistered: (partner: string) => Promise<boolean>) {
  const lookups = createOneAtATime({ maxWaiting });
  const knownUntilMs = new Map<string, number>();

  return async (partner: string): Promise<boolean | 'busy'> => {
    if (!partnerName.test(partner)) return false;
    if ((knownUntilMs.get(partner) ?? 0) > performance.now()) return true;
    const isKnown = await (lookups.run(() => isRegistered(partner)) ?? 'busy');
    if (isKnown === true) {
      if (knownUntilMs.size >= maxKnown) knownUntilMs.clear();
      knownUntilMs.set(partner, performance.now() + knownForMs);
    }
    return isKnown;
  };
}
