import { addRefused, readCohortId, readId, readMembers, readName } from './readMembers.js';
import { isRecord, kindOf, readPushBody } from './pushBody.js';
import { firstText } from './authorizationHeader.js';
import type {
  CohortChange,
  CohortImport,
  CohortRoute,
  Member,
  ParsedPush,
  Push,
  PushReply,
  PushResult,
} from './cohortImport.js';

type Fields = Readonly<Record<string, unknown>>;

/** In one request, over all lists of all changes (Braze, Partner cohort import, limits). */
const MOST_IDS = 1000;

/** How any partner of the messaging platform pushes cohorts that follows Braze's partner cohort import. */
export const brazeCohorts: CohortImport = {
  routes: [
    {
      method: 'POST',
      path: 'cohorts',
      description:
        'Partner cohort import, as Braze has it: makes a cohort known or renames it. The data import key goes into the body as client_secret.',
      ...keys(),
      parse: (push) => parseWith(push, readDeclaration),
      reply,
    },
    {
      method: 'POST',
      path: 'cohorts/users',
      description:
        'Partner cohort import, as Braze has it: who entered and who left a cohort. The data import key goes into the body as client_secret.',
      ...keys(),
      parse: (push) => parseWith(push, readUsers),
      reply,
    },
  ],
};

function keys(): Pick<CohortRoute, 'readKey' | 'readPartnerKey'> {
  const textAt = (push: Push, field: string): string | undefined => {
    const body = readPushBody(push);
    return 'fields' in body ? firstText(body.fields[field]) : undefined;
  };
  return {
    readKey: (push) => textAt(push, 'client_secret'),
    readPartnerKey: (push) => textAt(push, 'partner_api_key'),
  };
}

function parseWith(push: Push, read: (fields: Fields, cohortId: string) => ParsedPush): ParsedPush {
  const body = readPushBody(push);
  if ('unreadable' in body) return body;
  const cohortId = body.fields['cohort_id'];
  if (typeof cohortId !== 'string') return { unreadable: `cohort_id must be a string; ${kindOf(cohortId)} came` };
  const cohort = readCohortId(cohortId, 'cohort_id');
  return 'id' in cohort ? read(body.fields, cohort.id) : cohort;
}

function readDeclaration(fields: Fields, id: string): ParsedPush {
  const name = readName(fields['name']);
  if (name === undefined)
    return { unreadable: `name must be a string that is not empty; ${kindOf(fields['name'])} came` };
  const createdAtMs = readInstant(fields['created_at']);
  if (createdAtMs === undefined) {
    return {
      unreadable: `created_at must be a date in ISO 8601, such as 2026-01-21T19:20:30Z; ${kindOf(fields['created_at'])} came that is none`,
    };
  }
  return { changes: [{ kind: 'declare', cohort: { id, name, createdAtMs } }], refused: {} };
}

const ISO_8601 =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)(?:Z|([+-]\d{2})(?::?(\d{2}))?)?)?$/i;

/** Without a zone it is UTC, so that it does not depend on where the hub stands. */
function readInstant(value: unknown): number | undefined {
  const parts = typeof value === 'string' ? ISO_8601.exec(value) : null;
  if (parts === null) return undefined;
  const [, day, time = '00:00', hours, minutes = '00'] = parts;
  const ms = Date.parse(`${day}T${time.replace(',', '.')}${hours === undefined ? 'Z' : `${hours}:${minutes}`}`);
  return Number.isNaN(ms) ? undefined : ms;
}

function readUsers(fields: Fields, id: string): ParsedPush {
  const given = fields['cohort_changes'];
  if (!Array.isArray(given)) return { unreadable: `cohort_changes must be an array of objects; ${kindOf(given)} came` };
  const changes: CohortChange[] = [];
  const refused: Readonly<Record<string, number>>[] = [];
  let ids = 0;
  for (const entry of given as readonly unknown[]) {
    const lists = readLists(entry);
    if (typeof lists === 'string') return { unreadable: lists };
    ids += lists.ids;
    if (ids > MOST_IDS)
      return {
        unreadable: `cohort_changes must hold at most ${MOST_IDS} user_ids, device_ids and aliases together; more came`,
      };
    refused.push(lists.refused);
    changes.push({ kind: lists.removes ? 'remove' : 'add', cohort: { id }, members: lists.members });
  }
  return { changes, refused: addRefused(...refused) };
}

interface Lists {
  readonly removes: boolean;
  readonly ids: number;
  readonly members: readonly Member[];
  readonly refused: Readonly<Record<string, number>>;
}

const SHAPE = 'each of cohort_changes must be an object with user_ids, device_ids or aliases';

/** One change, or what is wrong with it. */
function readLists(entry: unknown): Lists | string {
  if (!isRecord(entry)) return `${SHAPE}; ${kindOf(entry)} came`;
  const { user_ids: userIds, device_ids: deviceIds, aliases, should_remove: removes = false } = entry;
  if (userIds === undefined && deviceIds === undefined && aliases === undefined) return `${SHAPE}; none of them came`;
  if (typeof removes !== 'boolean') return `should_remove must be true or false; ${kindOf(removes)} came`;
  if (!isListOf(userIds, isText)) return 'user_ids must be an array of strings';
  if (!isListOf(deviceIds, isText)) return 'device_ids must be an array of strings';
  if (!isListOf(aliases, isAlias))
    return 'aliases must be an array of objects with alias_name and alias_label, both strings';
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

/**
 * Partners repeat what is answered 423, 429 or 5xx, and give up on 400 and 401 (Braze, Partner cohort import, errors).
 * A body that cannot be read shows no key either; that it cannot be read is what its sender needs to know.
 */
function reply(push: Push, result: PushResult): PushReply {
  switch (result.outcome) {
    case 'stored':
    case 'repeated':
      return answer(201, 'success');
    case 'unauthorised': {
      const body = readPushBody(push);
      return 'unreadable' in body ? answer(400, body.unreadable) : answer(401, result.detail);
    }
    case 'unreadable':
    case 'unknown_cohort':
      return answer(400, result.detail);
    case 'too_large':
      return answer(413, result.detail);
    case 'busy':
      return answer(423, result.detail);
    case 'unavailable':
      return answer(503, result.detail);
  }
}

function answer(status: number, message: string): PushReply {
  return { status, body: JSON.stringify({ message }) };
}
