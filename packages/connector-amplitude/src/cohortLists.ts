import {
  expected,
  firstText,
  isRecord,
  jsonReply,
  parsePush,
  readCohortId,
  readMembers,
  readName,
} from '@currents/connector';
import type { CohortRoute, Fields, ParsedPush, Push, PushReply, PushResult } from '@currents/connector';
import { readListName } from './cohortName.js';
import { readKey, reply } from './cohortReply.js';

const keyAdvice =
  'Send the data import key as the user of Basic authentication with an empty password, as a Bearer token, or as X-Data-Import-Key.';

/** Amplitude's list-based cohort sync (Amplitude, Receiving behavioral cohorts): one list per cohort, whose id Amplitude stores. */
export const cohortLists: readonly CohortRoute[] = [
  route({
    path: 'lists',
    what: 'creates a list',
    example: { name: '[Amplitude] Big spenders: 7khm89cz' },
    parse: (push) => parsePush(push, readNewList),
    reply: replyWithList,
  }),
  route({
    path: 'lists/:listId/add',
    what: 'users who entered a list',
    example: { userIds: ['customer-42'] },
    parse: (push) => readUsers(push, 'add'),
    reply,
  }),
  route({
    path: 'lists/:listId/remove',
    what: 'users who left a list',
    example: { userIds: ['customer-43'] },
    parse: (push) => readUsers(push, 'remove'),
    reply,
  }),
];

function route({
  what,
  ...own
}: Pick<CohortRoute, 'path' | 'example' | 'parse' | 'reply'> & { readonly what: string }): CohortRoute {
  const description = `List-based cohort sync of Amplitude: ${what}. ${keyAdvice}`;
  return { method: 'POST', description, keyIn: 'headers', readKey, ...own };
}

function readNewList(fields: Fields): ParsedPush {
  const listName = firstText(fields['name']);
  if (listName === undefined) return expected('a string', 'name', fields['name']);
  const { id, name } = readListName(listName.trim());
  const cohort = readCohortId(id, 'the part of name after the last colon');
  if ('unreadable' in cohort) return cohort;
  return { changes: [{ kind: 'declare', cohort: { id, name: readName(name) ?? id } }], refused: {} };
}

function readUsers(push: Push, kind: 'add' | 'remove'): ParsedPush {
  return parsePush(push, ({ userIds }) => {
    if (!Array.isArray(userIds)) return expected('a list', 'userIds', userIds);
    const list = readCohortId(push.path['listId'], 'the id of the list');
    if ('unreadable' in list) return list;
    const { members, refused } = readMembers(userIds as readonly unknown[], idOf);
    return { changes: [{ kind, cohort: { id: list.id, isListId: true }, members }], refused };
  });
}

/** Ids are strings, or objects if the integration's template makes them so; the reference names no key. */
function idOf(entry: unknown): unknown {
  if (!isRecord(entry)) return entry;
  return entry['user_id'] ?? entry['userId'] ?? entry['external_id'] ?? entry['id'];
}

/** The integration's settings name the field of the list's id in the reply, so it is in every usual one. */
function replyWithList(push: Push, result: PushResult): PushReply {
  if ('detail' in result) return reply(push, result);
  const listId = result.cohorts[0]?.listId;
  if (listId === undefined) {
    return reply(push, { outcome: 'unavailable', detail: 'the list could not be created; try again' });
  }
  return jsonReply(200, { listId, list_id: listId, data: { id: listId } });
}
