import type { UserMatcher } from './userIds.js';

/**
 * Fields in the JSON of jobs and audit entries whose values are the hub's own, beside ids of its objects: places in
 * tables, times, words of enums and sealed secrets. A short id, such as `12`, may look like a part of them. All other
 * texts are what people or partners say.
 */
const ownFields: ReadonlySet<string> = new Set([
  'deletionKey',
  'day',
  'storedOn',
  'after',
  'until',
  'from',
  'to',
  'deliveryAfter',
  'waitFor',
  'hits',
  'table',
  'phase',
  'place',
  'operation',
  'kind',
  'outcome',
  'outcomes',
  'quantity',
  'code',
  'eventType',
  'eventTypes',
  'types',
  'hashes',
  'sealed',
]);
/** Such as `id`, `ids` and `currentId`, but not the ids of users. */
const ownId = /^(?:ids?|(?!(?:external|user|externalUser|device)Ids?$)\w*Ids?)$/;

/** A JSON value without the ids of users in what people and partners say in it. */
export function eraseStrings(value: unknown, users: UserMatcher): unknown {
  if (typeof value === 'string') return users.erase(value);
  if (Array.isArray(value)) return value.map((each) => eraseStrings(each, users));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      ownFields.has(name) || ownId.test(name) ? each : eraseStrings(each, users),
    ]),
  );
}
