import { isObject } from '../strictJson.js';
import { isRefusedId, refusedByMixpanel } from '../refusedIds.js';
import type { Problem } from './checkRecord.js';
import { createValueCheck, isLongerThan } from './checkValues.js';
import type { MixpanelProfile } from './profile.js';

export const operations = ['$set', '$set_once'] as const;
export type Operation = (typeof operations)[number];

// Mixpanel, user profiles, FAQ: properties of a profile, and characters of a name; property data types: bytes of a value.
const maxProperties = 2000;
const maxNameBytes = 255;
const largestValueBytes = 256 * 1024;

/** Mixpanel, Set Property reference, and the modifiers that its clients send. */
const keys: ReadonlySet<string> = new Set([
  ...['$token', '$distinct_id', ...operations],
  ...['$ip', '$time', '$ignore_time', '$ignore_alias'],
]);

/** The result of the checks of one update of a profile. */
export interface ProfileFindings {
  readonly problems: readonly Problem[];
  readonly token: string;
  readonly distinctId: string;
  readonly operation: Operation;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly cut: readonly string[];
  readonly emptied: readonly string[];
}

/** The checks of one update of a profile with strict=1. The texts of its faults are assumed. */
export function createProfileCheck(
  profile: MixpanelProfile,
): (record: unknown, mayHoldIllFormedText: boolean) => ProfileFindings {
  const checkValues = createValueCheck(profile.maxEventBytes, { maxProperties, largestValueBytes, root: '$set' });

  return (record, mayHoldIllFormedText) => {
    const problems: Problem[] = [];
    const fail = (field: string, message: string): void => void problems.push({ field, message });
    const values = { cut: [] as string[], emptied: [] as string[] };
    if (!isObject(record)) {
      fail('', 'record is not an object');
      return { problems, token: '', distinctId: '', operation: '$set', properties: {}, ...values };
    }
    for (const key in record) if (!keys.has(key)) fail(key, 'unknown field');
    const { $token: token, $distinct_id: id } = record;
    if (typeof token !== 'string' || token === '') fail('$token', "'$token' must not be missing or blank");
    if (typeof id !== 'string' || id === '' || isLongerThan(id, 255))
      fail('$distinct_id', "'$distinct_id' is missing or invalid");
    else if (isRefusedId(id, refusedByMixpanel, profile.idCase === 'exact'))
      fail('$distinct_id', "'$distinct_id' is invalid: disallowed value");
    const given = operations.filter((operation) => operation in record);
    const [operation = '$set'] = given;
    const properties = record[operation];
    if (given.length !== 1) fail('', `expected one operation, got ${given.length}`);
    else if (!isObject(properties)) fail(operation, `'${operation}' must be an object`);
    else {
      if (Object.keys(properties).length === 0) fail(operation, `'${operation}' must not be empty`);
      for (const name in properties)
        if (isLongerThan(name, maxNameBytes)) values.cut.push(`${operation}.${name.slice(0, 40)}`);
      checkValues(operation, properties, mayHoldIllFormedText, values, fail);
    }
    return {
      problems,
      token: typeof token === 'string' ? token : '',
      distinctId: typeof id === 'string' ? id : '',
      operation,
      properties: isObject(properties) ? properties : {},
      ...values,
    };
  };
}
