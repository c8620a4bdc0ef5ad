import {
  basicCredentials,
  brazeCohorts,
  firstText,
  isRecord,
  kindOf,
  readCohortId,
  readId,
  readMembers,
  readName,
  readPushBody,
} from '@currents/connector';
import type {
  CohortChange,
  CohortImport,
  CohortReference,
  CohortRoute,
  ParsedPush,
  Push,
  PushReply,
  PushResult,
} from '@currents/connector';

type Fields = Readonly<Record<string, unknown>>;
type Session = Extract<CohortChange, { readonly kind: 'replace' }>['session'];

const kinds = { members: 'replace', add_members: 'add', remove_members: 'remove' } as const;
type Action = keyof typeof kinds;

/** How Mixpanel pushes cohorts: its custom webhook (Mixpanel, Cohort Sync, webhooks), and the partner protocol of Braze. */
export const cohortImport: CohortImport = {
  routes: [
    webhook(
      'webhook',
      'Members are known by $braze_external_id if you export that property, otherwise by their distinct id.',
    ),
    webhook(
      'webhook/by/:property',
      'Members are known by the property that the address names, which has to be among the properties to export.',
    ),
    ...brazeCohorts.routes,
  ],
};

function webhook(path: string, members: string): CohortRoute {
  return {
    method: 'POST',
    path,
    description: `Custom webhook of Mixpanel’s cohort sync, with Basic authentication: any user name, the data import key as the password. ${members}`,
    // Mixpanel has no other way to show a key.
    readKey: (push) => firstText(basicCredentials(push)?.password),
    parse,
    reply,
  };
}

function parse(push: Push): ParsedPush {
  const body = readPushBody(push);
  if ('unreadable' in body) return body;
  const { action, parameters } = body.fields;
  if (!isAction(action))
    return {
      unreadable: `wanted members, add_members or remove_members as action; ${kindOf(action)} came that is none`,
    };
  if (!isRecord(parameters)) return { unreadable: `wanted an object as parameters; ${kindOf(parameters)} came` };
  const cohort = readCohort(parameters);
  if ('unreadable' in cohort) return cohort;
  const listed = readList(parameters['members'], action);
  if (listed === undefined) return { unreadable: `wanted a list as members; ${kindOf(parameters['members'])} came` };
  const { members, refused } = readMembers(listed, (member) => idOf(member, push.path['property']));
  const session = readSession(parameters);
  const kind = kinds[action];
  if (kind !== 'replace') return { changes: [{ kind, cohort, members, ...(session && { session }) }], refused };
  if (session === undefined) {
    return {
      unreadable:
        'wanted mixpanel_session_id and page_info with total_pages and page_count: without them nobody can tell when a membership is whole',
    };
  }
  return { changes: [{ kind, cohort, session, members }], refused };
}

function isAction(value: unknown): value is Action {
  return typeof value === 'string' && Object.hasOwn(kinds, value);
}

/** Any call may bring another name. Whether ids are texts or numbers is not said; both are taken. */
function readCohort(parameters: Fields): CohortReference | { readonly unreadable: string } {
  const read = readCohortId(parameters['mixpanel_cohort_id'], 'mixpanel_cohort_id');
  if ('unreadable' in read) return read;
  const description = readName(parameters['mixpanel_cohort_description']);
  return {
    id: read.id,
    name: readName(parameters['mixpanel_cohort_name']) ?? read.id,
    ...(description !== undefined && { description }),
  };
}

/** A list that is missing says that nobody came or went. It must not say that a whole cohort has become empty. */
function readList(value: unknown, action: Action): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value as readonly unknown[];
  return value === null && action !== 'members' ? [] : undefined;
}

/**
 * With the user's id at the messaging platform among the exported properties, that is whom the member means, as in
 * Mixpanel's own sync with Braze. How the property is spelled on the wire is not said, so both ways are looked at.
 */
function idOf(member: unknown, property: string | undefined): unknown {
  if (!isRecord(member)) return undefined;
  if (property !== undefined) return Object.hasOwn(member, property) ? member[property] : undefined;
  const candidates = [member['$braze_external_id'], member['braze_external_id'], member['mixpanel_distinct_id']];
  return candidates.find((id) => id !== undefined && id !== null && id !== '');
}

/** Which page of which session this is; an empty cohort may count as no page at all. */
function readSession(parameters: Fields): Session | undefined {
  const id = readId(parameters['mixpanel_session_id']);
  const pages = isRecord(parameters['page_info']) ? parameters['page_info'] : {};
  const page = wholeNumber(pages['page_count']);
  const total = wholeNumber(pages['total_pages']);
  if ('reason' in id || page === undefined || total === undefined) return undefined;
  const place = Math.max(page, 1);
  return { id: id.id, page: place, pages: Math.max(total, place) };
}

function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/**
 * 400, 401, 403 and 404 make Mixpanel pause the sync and write to its people; 429 and 5xx make it try again, five times
 * in a minute, then at the next sync (Mixpanel, Cohort Sync, webhooks, errors). So only what no repetition can mend is
 * answered with one of the former.
 */
const statuses = {
  stored: 200,
  repeated: 200,
  unreadable: 400,
  unauthorised: 401,
  unknown_cohort: 404,
  too_large: 413,
  busy: 429,
  unavailable: 503,
} as const satisfies Record<PushResult['outcome'], number>;

function reply(push: Push, result: PushResult): PushReply {
  const body = readPushBody(push);
  const action = 'fields' in body && isAction(body.fields['action']) ? { action: body.fields['action'] } : {};
  const status = statuses[result.outcome];
  const headers = status === 401 ? { 'www-authenticate': 'Basic realm="data import key"' } : undefined;
  const said =
    'detail' in result ? { status: 'failure', error: { message: result.detail, code: status } } : { status: 'success' };
  return { status, ...(headers && { headers }), body: JSON.stringify({ ...action, ...said }) };
}
