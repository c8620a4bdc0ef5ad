import {
  basicCredentials,
  brazeCohorts,
  expected,
  firstText,
  isRecord,
  jsonReply,
  parsePush,
  pushStatuses,
  readCohortReference,
  readId,
  readMembers,
  readPushBody,
} from '@currents/connector';
import type {
  CohortImport,
  CohortRoute,
  CohortSession,
  Fields,
  ParsedPush,
  Push,
  PushReply,
  PushResult,
} from '@currents/connector';

const kinds = { members: 'replace', add_members: 'add', remove_members: 'remove' } as const;
type Action = keyof typeof kinds;

/** How Mixpanel pushes cohorts: its custom webhook (Mixpanel, Cohort Sync, webhooks), or Braze's partner cohort import. */
export const cohortImport: CohortImport = {
  routes: [
    webhook(
      'webhook',
      'Members are known by $braze_external_id if you export that property, otherwise by their distinct id.',
    ),
    webhook(
      'webhook/by/:property',
      'Members are known by the property in the URL, which has to be among the exported properties.',
    ),
    ...brazeCohorts.routes,
  ],
};

function webhook(path: string, members: string): CohortRoute {
  return {
    method: 'POST',
    path,
    description: `Custom webhook of Mixpanel’s cohort sync, with Basic authentication: any user name, the data import key as the password. ${members}`,
    // Mixpanel has no other way to send a key.
    keyIn: 'headers',
    example: {
      action: 'members',
      parameters: {
        mixpanel_project_id: '1',
        mixpanel_cohort_id: '678',
        mixpanel_cohort_name: 'Big spenders',
        mixpanel_session_id: 'first',
        page_info: { total_pages: 1, page_count: 1 },
        members: [
          { mixpanel_distinct_id: 'customer-42', email: 'ann@example.com' },
          { mixpanel_distinct_id: 'customer-43', email: 'bob@example.com' },
        ],
      },
    },
    readKey: (push) => firstText(basicCredentials(push)?.password),
    parse: (push) => parsePush(push, (fields) => readPush(fields, push.path['property'])),
    reply,
  };
}

function readPush({ action, parameters }: Fields, property: string | undefined): ParsedPush {
  if (!isAction(action)) return expected('members, add_members or remove_members', 'action', action);
  if (!isRecord(parameters)) return expected('an object', 'parameters', parameters);
  // The reference does not say whether ids are strings or numbers; both are accepted.
  const { mixpanel_cohort_id: id, mixpanel_cohort_name: name, mixpanel_cohort_description: about } = parameters;
  const cohort = readCohortReference(id, 'mixpanel_cohort_id', name, about);
  if ('unreadable' in cohort) return cohort;
  const list = readList(parameters['members'], action);
  if (list === undefined) return expected('a list', 'members', parameters['members']);
  const { members, refused } = readMembers(list, (member) => idOf(member, property));
  const session = readSession(parameters);
  const kind = kinds[action];
  if (kind !== 'replace') return { changes: [{ kind, cohort, members, ...(session && { session }) }], refused };
  if (session === undefined) {
    const detail = 'expected mixpanel_session_id and page_info with total_pages and page_count';
    return { unreadable: `${detail}: without them the hub cannot tell when a membership is complete` };
  }
  return { changes: [{ kind, cohort, session, members }], refused };
}

function isAction(value: unknown): value is Action {
  return typeof value === 'string' && Object.hasOwn(kinds, value);
}

/** A null list means that no member entered or left. It must not empty a whole cohort. */
function readList(value: unknown, action: Action): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value as readonly unknown[];
  return value === null && action !== 'members' ? [] : undefined;
}

/**
 * The user's id at the messaging platform if it is among the exported properties, as in Mixpanel's own sync with Braze.
 * The reference does not say how the property is spelled in a push, so both spellings are read.
 */
function idOf(member: unknown, property: string | undefined): unknown {
  if (!isRecord(member)) return undefined;
  if (property !== undefined) return Object.hasOwn(member, property) ? member[property] : undefined;
  return firstId(member['$braze_external_id'], member['braze_external_id'], member['mixpanel_distinct_id']);
}

export function firstId(...ids: readonly unknown[]): unknown {
  return ids.find((id) => id !== undefined && id !== null && id !== '');
}

/** The page and its session; an empty cohort may come as page 0 of 0. */
function readSession(parameters: Fields): CohortSession | undefined {
  const id = readId(parameters['mixpanel_session_id']);
  const pages = isRecord(parameters['page_info']) ? parameters['page_info'] : {};
  const page = wholeNumber(pages['page_count']);
  const total = wholeNumber(pages['total_pages']);
  if ('reason' in id || page === undefined || total === undefined) return undefined;
  const number = Math.max(page, 1);
  return { id: id.id, page: number, pages: Math.max(total, number) };
}

function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/**
 * After 400, 401, 403 and 404 Mixpanel pauses the sync and notifies its owner; after 429 and 5xx it retries five times
 * in a minute, then at the next sync (Mixpanel, Cohort Sync, webhooks, errors).
 */
function reply(push: Push, result: PushResult): PushReply {
  const body = readPushBody(push);
  const action = 'fields' in body && isAction(body.fields['action']) ? { action: body.fields['action'] } : {};
  const status = pushStatuses[result.outcome];
  const headers = status === 401 ? { 'www-authenticate': 'Basic realm="data import key"' } : undefined;
  const said =
    'detail' in result ? { status: 'failure', error: { message: result.detail, code: status } } : { status: 'success' };
  return { ...jsonReply(status, { ...action, ...said }), ...(headers && { headers }) };
}
