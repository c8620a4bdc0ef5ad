import { firstText, isRecord, kindOf, readCohortId, readMembers, readName, readPushBody } from '@currents/connector';
import type { CohortRoute, ParsedPush, Push, PushReply, PushResult } from '@currents/connector';
import { readListName } from './cohortName.js';
import { answer, keyOf, reply } from './cohortReply.js';

const HOW =
  'The data import key goes in as the user of Basic authentication with an empty password, as a Bearer token, or as X-Data-Import-Key.';

/** Amplitude's list-based cohort sync (Amplitude, Receiving behavioral cohorts): a list per cohort, whose id Amplitude keeps for ever. */
export const cohortLists: readonly CohortRoute[] = [
  {
    method: 'POST',
    path: 'lists',
    description: `List-based cohort sync of Amplitude: creates a list. ${HOW}`,
    readKey: keyOf,
    parse: readNewList,
    reply: replyWithList,
  },
  listRoute('add', 'who entered'),
  listRoute('remove', 'who left'),
];

function listRoute(kind: 'add' | 'remove', who: string): CohortRoute {
  return {
    method: 'POST',
    path: `lists/:listId/${kind}`,
    description: `List-based cohort sync of Amplitude: ${who} a list. ${HOW}`,
    readKey: keyOf,
    parse: (push) => readUsers(push, kind),
    reply,
  };
}

function readNewList(push: Push): ParsedPush {
  const body = readPushBody(push);
  if ('unreadable' in body) return body;
  const listName = firstText(body.fields['name']);
  if (listName === undefined) return { unreadable: `wanted a text as name; ${kindOf(body.fields['name'])} came` };
  const { id, name } = readListName(listName.trim());
  const cohort = readCohortId(id, 'what stands behind the last colon of name');
  if ('unreadable' in cohort) return cohort;
  return { changes: [{ kind: 'declare', cohort: { id, name: readName(name) ?? id } }], refused: {} };
}

function readUsers(push: Push, kind: 'add' | 'remove'): ParsedPush {
  const body = readPushBody(push);
  if ('unreadable' in body) return body;
  const { userIds } = body.fields;
  if (!Array.isArray(userIds)) return { unreadable: `wanted a list as userIds; ${kindOf(userIds)} came` };
  const list = readCohortId(push.path['listId'], 'the id of the list');
  if ('unreadable' in list) return list;
  const { members, refused } = readMembers(userIds as readonly unknown[], idOf);
  return { changes: [{ kind, cohort: { id: list.id, isListId: true }, members }], refused };
}

/** Ids are texts, or objects where the integration's template makes them so; the page names no key. */
function idOf(entry: unknown): unknown {
  if (!isRecord(entry)) return entry;
  return entry['user_id'] ?? entry['userId'] ?? entry['external_id'] ?? entry['id'];
}

/** Where the list's id is looked for is set in the integration, so it stands in every usual place. */
function replyWithList(push: Push, result: PushResult): PushReply {
  if ('detail' in result) return reply(push, result);
  const listId = result.cohorts[0]?.listId;
  if (listId === undefined)
    return reply(push, { outcome: 'unavailable', detail: 'the list could not be made; ask again' });
  return answer(200, { listId, list_id: listId, data: { id: listId } });
}
