import { changesOfProfile, isGiven, type MapResult, type NestedLimits } from '@currents/connector';
import type { CatalogueEvent } from '@currents/schema';
import { fitted, maxMembers, tooMany } from './freeProperties.js';
import { refusalOfId } from './identity.js';
import { reportMisfits, startMisfits } from './misfits.js';
import { isReserved } from './properties.js';
import { profileRoute } from './limits.js';
import type { Settings } from './settings.js';

/** An element of the list that `/engage` accepts, without the token that `send` adds; Mixpanel, Set Property reference. */
export interface ProfileUpdate {
  readonly $distinct_id: string;
  readonly $set?: Readonly<Record<string, unknown>>;
  readonly $set_once?: Readonly<Record<string, unknown>>;
}

/** Sets properties of a profile, which is made if there is none (Mixpanel, Set Property reference). */
export const setOperation = '$set';

/** Mixpanel's own names, by which it shows users and syncs cohorts (Mixpanel, reserved profile properties). */
const ownNames: ReadonlyMap<string, string> = new Map([
  ['first_name', '$first_name'],
  ['last_name', '$last_name'],
  ['email_address', '$email'],
  ['phone_number', '$phone'],
]);

/** Mixpanel, user profiles, FAQ: properties of a profile. */
const maxProperties = 2000;
/** Mixpanel, property data types: 256 KB for a list or object of a profile, otherwise as of an event. */
const valueLimits: NestedLimits = { label: 'Mixpanel', maxLevels: 3, maxMembers, maxBytes: 256_000 };

/**
 * What an update of a profile sets. A replayed update sets only what is not set: newer ones may have been sent since
 * (Mixpanel, Set Property Once reference).
 */
export function mapProfileUpdate(
  event: CatalogueEvent,
  settings: Settings,
  isReplay: boolean,
): MapResult<ProfileUpdate> {
  if (!settings.profileUpdates) return { skip: 'profile_updates_off' };
  const distinctId = event.user.external_user_id;
  if (!isGiven(distinctId)) return { skip: 'no_external_user_id' };
  const refusal = refusalOfId(distinctId);
  if (refusal !== undefined) return refusal;

  const misfits = startMisfits(settings);
  const entries: [name: string, value: unknown][] = [];
  for (const [key, value] of Object.entries(changesOfProfile(event))) {
    const name = ownNames.get(key) ?? key;
    if (name === key && isReserved(key)) continue;
    if (entries.length >= maxProperties - maxReported) misfits.unfit.push(tooMany(name, maxProperties));
    else {
      const own = typeof value === 'object' && value !== null ? fitted(name, value, misfits, valueLimits) : value;
      if (own !== undefined) entries.push([name, own]);
    }
  }
  // Defines members, so that one named `__proto__` is like any other.
  const changed: Record<string, unknown> = Object.fromEntries(entries);
  const report = reportMisfits(changed, misfits, settings);
  if (report !== undefined) return report;
  if (Object.keys(changed).length === 0) return { skip: 'profile_unchanged' };
  const payload = { $distinct_id: distinctId, ...(isReplay ? { $set_once: changed } : { [setOperation]: changed }) };
  return { payload, route: profileRoute };
}

/** The lists of what was left out and what was shortened. */
const maxReported = 2;
