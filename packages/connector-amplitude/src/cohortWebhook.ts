import { isRecord, kindOf, readCohortId, readMembers, readName, readPushBody } from '@currents/connector';
import type { CohortRoute, ParsedPush, Push } from '@currents/connector';
import { keyOf, reply } from './cohortReply.js';

/** Amplitude's cohort webhook (Amplitude, Cohort webhooks). People may edit its template, so what they bend easily is taken too. */
export const cohortWebhook: CohortRoute = {
  method: 'POST',
  path: 'webhook',
  description:
    'Cohort webhook of Amplitude. The data import key goes into a header: Authorization with the value Bearer <key>, or X-Data-Import-Key.',
  readKey: keyOf,
  parse,
  reply,
};

function parse(push: Push): ParsedPush {
  const body = readPushBody(push);
  if ('unreadable' in body)
    return {
      unreadable: `${body.unreadable}; check the template of the webhook, and the quotation marks in the cohort’s name`,
    };
  const {
    cohort_id: cohortId,
    cohort_name: name,
    in_cohort: inCohort,
    computed_time: computed,
    message_id: messageId,
    users,
  } = body.fields;
  const cohort = readCohortId(cohortId, 'cohort_id');
  if ('unreadable' in cohort) return cohort;
  const isIn = readYesOrNo(inCohort);
  if (isIn === undefined)
    return { unreadable: `wanted true or false as in_cohort; ${kindOf(inCohort)} came that is neither` };
  const computedAtMs = readComputed(computed);
  if (computedAtMs === 'unreadable')
    return { unreadable: `wanted Unix seconds as computed_time; ${kindOf(computed)} came that is none` };
  if (!Array.isArray(users)) return { unreadable: `wanted a list as users; ${kindOf(users)} came` };
  const { members, refused } = readMembers(users as readonly unknown[], (user) =>
    isRecord(user) ? user['user_id'] : user,
  );
  return {
    changes: [
      {
        kind: isIn ? 'add' : 'remove',
        cohort: { id: cohort.id, name: readName(name) ?? cohort.id },
        members,
        ...(computedAtMs !== undefined && { computedAtMs }),
      },
    ],
    refused,
    ...(typeof messageId === 'string' && messageId !== '' && { dedupeKey: messageId }),
  };
}

function readYesOrNo(value: unknown): boolean | undefined {
  const word = typeof value === 'string' ? value.trim().toLowerCase() : value;
  if (word === true || word === 'true') return true;
  return word === false || word === 'false' ? false : undefined;
}

/** A number this large is in milliseconds: in seconds it would lie beyond the year 5000. */
const LEAST_MILLISECONDS = 100_000_000_000;
const LAST_INSTANT_MS = 8.64e15;

function readComputed(value: unknown): number | undefined | 'unreadable' {
  if (value === undefined || value === null || value === '') return undefined;
  const number = typeof value === 'string' && /^\s*\d{1,16}(?:\.\d{1,9})?\s*$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || number < 0) return 'unreadable';
  const ms = Math.trunc(number >= LEAST_MILLISECONDS ? number : number * 1000);
  return ms <= LAST_INSTANT_MS ? ms : 'unreadable';
}
