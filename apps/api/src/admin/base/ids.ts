import { AnswerProblem } from './answerProblem.js';

/** The prefix of each entity's ids. The rest of an id is the entity's key in the database, or a partner's name. */
export const idPrefixes = {
  AdminToken: 'adm',
  AuditEntry: 'aud',
  Cohort: 'coh',
  CohortPull: 'pul',
  CohortSync: 'syn',
  Current: 'cur',
  DeadLetter: 'dlq',
  ImportKey: 'key',
  ImportPartner: 'imp',
  IngestToken: 'tok',
  Job: 'job',
  Notice: 'ntc',
  NoticeMute: 'mut',
  NoticeWebhook: 'nwh',
  QuarantinedEvent: 'qua',
  Segment: 'seg',
  SegmentSync: 'ssy',
  SegmentSyncRefusal: 'ref',
  SegmentWebhook: 'whk',
  SegmentWebhookExpiry: 'exp',
  StoredLedgerDifference: 'ldf',
  SkippedEvent: 'skp',
  UserDeletion: 'udl',
} as const;

export type NodeName = keyof typeof idPrefixes;

const names = new Map(Object.entries(idPrefixes).map(([name, prefix]) => [prefix as string, name as NodeName]));

export function isNodeName(name: string): name is NodeName {
  return Object.hasOwn(idPrefixes, name);
}

/** The id of an entity, as clients see it: `encodeId('Current', 7)` is `cur_7`. */
export function encodeId(name: NodeName, key: string | number): string {
  return `${idPrefixes[name]}_${key}`;
}

/** Keys in the database: numbers, and for rows of daily partitions the day before the number. */
const rowKey = /^\d{1,18}(?:-\d{1,18}){0,2}$/;
const partnerName = /^[a-z][a-z0-9_-]{0,39}$/;

/** The entity and the key in an id of any type; undefined when it is no id at all. */
export function parseId(id: string): { readonly name: NodeName; readonly key: string } | undefined {
  const [, prefix = '', key = ''] = /^([a-z]{3})_(.+)$/.exec(id) ?? [];
  const name = names.get(prefix);
  if (name === undefined || !(name === 'ImportPartner' ? partnerName : rowKey).test(key)) return undefined;
  return { name, key };
}

/**
 * The database key in an id that has to be of one type. Throws an `AnswerProblem` with `InvalidId` otherwise, whose
 * message does not repeat what came: somebody may have pasted a token.
 * @param path of the argument, such as `input.currentId`.
 */
export function decodeId(name: NodeName, id: string, path: string): string {
  const parsed = parseId(id);
  if (parsed?.name === name) return parsed.key;
  const got = parsed ? `the id of a ${parsed.name} (${idPrefixes[parsed.name]}_…)` : 'something else';
  throw new AnswerProblem({
    kind: 'InvalidId',
    code: parsed ? 'WRONG_ID_TYPE' : 'INVALID_ID',
    message: `${path}: expected the id of a ${name} (${idPrefixes[name]}_…), got ${got}`,
    path: path.split('.'),
    expectedType: name,
  });
}
