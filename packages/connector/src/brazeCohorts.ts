import { isRecord, kindOf } from '@currents/schema';
import { expected, parsePush, readPushBody, textInBody, type Fields } from './pushBody.js';
import { jsonReply, pushStatuses } from './pushReply.js';
import { addRefused, readCohortId, readId, readMembers, readName } from './readMembers.js';
import { exampleImportKey } from './cohortImport.js';
import type {
  CohortChange,
  CohortImport,
  CohortRoute,
  ParsedPush,
  Push,
  PushReply,
  PushResult,
} from './cohortImport.js';

/** Per request, over all lists of all changes (Braze, Partner cohort import, limits). */
const maxIds = 1000;

/** Braze's partner cohort import, for every partner that speaks it. */
export const brazeCohorts: CohortImport = {
  routes: [
    route('cohorts', 'creates or renames a cohort', readDeclaration, {
      name: 'Big spenders',
      created_at: '2026-01-21T19:20:30Z',
    }),
    route('cohorts/users', 'users who entered or left a cohort', readUsers, {
      cohort_changes: [{ user_ids: ['customer-42'] }, { user_ids: ['customer-43'], should_remove: true }],
    }),
  ],
};

function route(
  path: string,
  what: string,
  read: (fields: Fields, cohortId: string) => ParsedPush,
  example: Fields,
): CohortRoute {
  return {
    method: 'POST',
    path,
    example: {
      partner_api_key: '<partner key>',
      client_secret: exampleImportKey,
      cohort_id: 'cxyzz3hz',
      ...example,
    },
    description: `Braze’s partner cohort import: ${what}. Send the data import key in the body as client_secret.`,
    keyIn: 'body',
    readKey: (push) => textInBody(push, 'client_secret'),
    readPartnerKey: (push) => textInBody(push, 'partner_api_key'),
    parse: (push) =>
      parsePush(push, (fields) => {
        const cohortId = fields['cohort_id'];
        if (typeof cohortId !== 'string') return expected('a string', 'cohort_id', cohortId);
        const cohort = readCohortId(cohortId, 'cohort_id');
        return 'id' in cohort ? read(fields, cohort.id) : cohort;
      }),
    reply,
  };
}

function readDeclaration(fields: Fields, id: string): ParsedPush {
  const name = readName(fields['name']);
  if (name === undefined) return expected('a string that is not empty', 'name', fields['name']);
  const createdAtMs = readInstant(fields['created_at']);
  if (createdAtMs === undefined) {
    return expected('an ISO 8601 date, such as 2026-01-21T19:20:30Z,', 'created_at', fields['created_at']);
  }
  return { changes: [{ kind: 'declare', cohort: { id, name, createdAtMs } }], refused: {} };
}

const iso8601 =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)(?:Z|([+-]\d{2})(?::?(\d{2}))?)?)?$/i;

/** Without a time zone it is UTC, so that the result does not depend on the hub's own. */
function readInstant(value: unknown): number | undefined {
  const parts = typeof value === 'string' ? iso8601.exec(value) : null;
  if (parts === null) return undefined;
  const [, day, time = '00:00', hours, minutes = '00'] = parts;
  const ms = Date.parse(`${day}T${time.replace(',', '.')}${hours === undefined ? 'Z' : `${hours}:${minutes}`}`);
  return Number.isNaN(ms) ? undefined : ms;
}

function readUsers(fields: Fields, id: string): ParsedPush {
  const given = fields['cohort_changes'];
  if (!Array.isArray(given)) return expected('a list of objects', 'cohort_changes', given);
  const changes: CohortChange[] = [];
  const refused: Readonly<Record<string, number>>[] = [];
  let ids = 0;
  for (const entry of given as readonly unknown[]) {
    const lists = readLists(entry);
    if (typeof lists === 'string') return { unreadable: lists };
    ids += lists.ids;
    if (ids > maxIds) {
      const detail = `expected at most ${maxIds} user_ids, device_ids and aliases in cohort_changes, got more`;
      return { unreadable: detail };
    }
    refused.push(lists.refused);
    changes.push({ kind: lists.removes ? 'remove' : 'add', cohort: { id }, members: lists.members });
  }
  return { changes, refused: addRefused(...refused) };
}

const shape = 'expected an object with user_ids, device_ids or aliases as each of cohort_changes';

/** One change, or what is wrong with it. */
function readLists(entry: unknown) {
  if (!isRecord(entry)) return `${shape}, got ${kindOf(entry)}`;
  const { user_ids: userIds, device_ids: deviceIds, aliases, should_remove: removes = false } = entry;
  if (userIds === undefined && deviceIds === undefined && aliases === undefined) return `${shape}, got none of them`;
  if (typeof removes !== 'boolean') return `expected true or false as should_remove, got ${kindOf(removes)}`;
  if (!isListOf(userIds, isText)) return 'expected a list of strings as user_ids';
  if (!isListOf(deviceIds, isText)) return 'expected a list of strings as device_ids';
  if (!isListOf(aliases, isAlias))
    return 'expected a list of objects with alias_name and alias_label, both strings, as aliases';
  const lists = [
    readMembers(userIds ?? [], (id) => id),
    readMembers(
      deviceIds ?? [],
      (id) => id,
      (deviceId) => ({ deviceId }),
    ),
    ...(aliases ?? []).map(readAlias),
  ];
  return {
    removes,
    ids: (userIds?.length ?? 0) + (deviceIds?.length ?? 0) + (aliases?.length ?? 0),
    members: lists.flatMap((list) => list.members),
    refused: addRefused(...lists.map((list) => list.refused)),
  };
}

interface Alias {
  readonly alias_name: string;
  readonly alias_label: string;
}

function readAlias({ alias_name, alias_label }: Alias) {
  const label = readId(alias_label);
  return readMembers(
    [alias_name],
    (name) => ('id' in label ? name : undefined),
    (name) => ({ alias: { name, label: alias_label } }),
  );
}

function isListOf<Entry>(
  value: unknown,
  is: (entry: unknown) => entry is Entry,
): value is readonly Entry[] | undefined {
  return value === undefined || (Array.isArray(value) && value.every(is));
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isAlias(value: unknown): value is Alias {
  return isRecord(value) && isText(value['alias_name']) && isText(value['alias_label']);
}

/** Braze's own statuses; it also repeats a push after 423 (Braze, Partner cohort import, errors). */
const statuses = { ...pushStatuses, stored: 201, repeated: 201, unknown_cohort: 400, busy: 423 };

/** Senders without a valid key can cause this work, so it is done for short bodies only. */
const maxExplainedCharacters = 20_000;

/** An unreadable body has no readable key, either; its sender needs the syntax error. */
function reply(push: Push, result: PushResult): PushReply {
  if (result.outcome === 'unauthorised' && push.body.length <= maxExplainedCharacters) {
    const body = readPushBody(push);
    if ('unreadable' in body) return jsonReply(400, { message: body.unreadable });
  }
  return jsonReply(statuses[result.outcome], { message: 'detail' in result ? result.detail : 'success' });
}
