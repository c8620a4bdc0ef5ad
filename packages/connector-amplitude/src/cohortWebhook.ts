import { expected, isRecord, readCohortReference, readMembers, readPushBody } from '@currents/connector';
import type { CohortRoute, Fields, ParsedPush, Push } from '@currents/connector';
import { readKey, reply } from './cohortReply.js';

/** Amplitude's cohort webhook (Amplitude, Cohort webhooks). Its template can be edited, so common changes are accepted. */
export const cohortWebhook: CohortRoute = {
  method: 'POST',
  path: 'webhook',
  description:
    'Cohort webhook of Amplitude. Send the data import key in a header: Authorization with the value Bearer <key>, or X-Data-Import-Key.',
  keyIn: 'headers',
  example: {
    cohort_name: 'Big spenders',
    cohort_id: '7khm89cz',
    in_cohort: true,
    computed_time: '1692206763',
    message_id: '7khm89cz-1692206763-enter-1',
    users: [{ user_id: 'customer-42' }, { user_id: 'customer-43' }],
  },
  readKey,
  parse,
  reply,
};

function parse(push: Push): ParsedPush {
  const body = readPushBody(push);
  if ('fields' in body) return readPush(body.fields);
  const advice = 'check the template of the webhook, and the quotation marks in the cohort’s name';
  return { unreadable: `${body.unreadable}; ${advice}` };
}

function readPush(fields: Fields): ParsedPush {
  const { cohort_name: name, in_cohort: inCohort, computed_time: computed, message_id: messageId, users } = fields;
  const cohort = readCohortReference(fields['cohort_id'], 'cohort_id', name);
  if ('unreadable' in cohort) return cohort;
  const isIn = readBoolean(inCohort);
  if (isIn === undefined) return expected('true or false', 'in_cohort', inCohort);
  const computedAtMs = readInstant(computed);
  if (computedAtMs === 'unreadable') return expected('Unix seconds', 'computed_time', computed);
  if (!Array.isArray(users)) return expected('a list', 'users', users);
  const idOf = (user: unknown): unknown => (isRecord(user) ? user['user_id'] : user);
  const { members, refused } = readMembers(users as readonly unknown[], idOf);
  const times = computedAtMs === undefined ? {} : { computedAtMs };
  return {
    changes: [{ kind: isIn ? 'add' : 'remove', cohort, members, ...times }],
    refused,
    ...(typeof messageId === 'string' && messageId !== '' && { dedupeKey: messageId }),
  };
}

function readBoolean(value: unknown): boolean | undefined {
  const word = typeof value === 'string' ? value.trim().toLowerCase() : value;
  if (word === true || word === 'true') return true;
  return word === false || word === 'false' ? false : undefined;
}

/** A number this large is in milliseconds: in seconds it would lie beyond the year 5000. */
const minMilliseconds = 100_000_000_000;
/** The last instant of a JavaScript date (ECMA-262, Time Values). */
const maxInstantMs = 8.64e15;

function readInstant(value: unknown): number | undefined | 'unreadable' {
  if (value === undefined || value === null || value === '') return undefined;
  const number = typeof value === 'string' && /^\s*\d{1,16}(?:\.\d{1,9})?\s*$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || number < 0) return 'unreadable';
  const ms = Math.trunc(number >= minMilliseconds ? number : number * 1000);
  return ms <= maxInstantMs ? ms : 'unreadable';
}
