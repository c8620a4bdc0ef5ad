import type { Connector } from '@currents/connector';
import type { Seal } from '../secrets/seal.js';
import { compileFieldRules, hashesId, type ApplyFieldRules } from './compileFieldRules.js';
import { hasRules, type FieldRules } from './fieldRule.js';
import { createHash, type HashText } from './hashValue.js';

export const filteredByRule = 'filtered_by_rule';

/**
 * The connector of a Current with rules: it maps what the rules leave of an event, and asks for a user by the id that the
 * destination got. The connector itself when there are no rules, so that a Current without any pays nothing for them.
 */
export function withFieldRules(connector: Connector, rules: FieldRules, seal: Seal): Connector {
  if (!hasRules(rules)) return connector;
  const hash = hashOfHub(seal);
  const apply = compileFieldRules(rules, hash);
  const hashed = { userId: hashesId(rules, 'external_user_id'), deviceId: hashesId(rules, 'device_id') };
  const { lookUpUser } = connector;
  return {
    ...connector,
    map(event, settings, isReplay) {
      const left = apply(event);
      return left === undefined ? { skip: filteredByRule } : connector.map(left, settings, isReplay);
    },
    ...(lookUpUser && {
      lookUpUser: (query, to) => {
        const ids = {
          ...(query.userId !== undefined && { userId: hashed.userId ? hash(query.userId) : query.userId }),
          ...(query.deviceId !== undefined && { deviceId: hashed.deviceId ? hash(query.deviceId) : query.deviceId }),
        };
        return lookUpUser({ ...query, ...ids }, to);
      },
    }),
  };
}

/** An event as a destination would get it, for people. Filters leave none out; undefined where an address is its name. */
export function showFieldRules(rules: FieldRules, seal: Seal): ApplyFieldRules {
  if (!hasRules(rules)) return (event) => event;
  return compileFieldRules({ ...rules, rules: rules.rules.filter((rule) => !('filter' in rule)) }, hashOfHub(seal));
}

/** Derived from the key of fingerprints, which a rotation of the master key leaves as it is. */
function hashOfHub(seal: Seal): HashText {
  return createHash(seal.fingerprint('field rules'));
}
