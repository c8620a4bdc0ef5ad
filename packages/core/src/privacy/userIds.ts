import type { CatalogueEvent } from '@currents/schema';
import { storable } from '../admin/page.js';
import { keyHashOf } from '../budget/buckets.js';
import { memberFault, memberKey, memberOf } from '../cohorts/memberKey.js';
import { userOf } from '../delivery/userOrder.js';
import type { StoredId } from './userHash.js';

/** The ids of users whose data is deleted, and until when what is stored is theirs to delete. */
export interface DeletedId extends StoredId {
  /** What is stored later is new data. */
  readonly untilMs: number;
}

export type UserMatcher = ReturnType<typeof createUserMatcher>;

/** Patterns with more alternatives become slow, and longer ones too complex for Postgres, unless one id alone is longer. */
const maxAlternatives = 200;
const maxPatternLength = 10_000;
const placeholder = '[deleted]';

/** Finds these ids in whatever is stored. */
export function createUserMatcher(ids: readonly DeletedId[]) {
  const byKind = { e: new Map<string, number>(), d: new Map<string, number>(), u: new Map<string, number>() };
  const aliases: string[] = [];
  for (const { kind, id, untilMs } of ids) {
    if (kind === 'a') aliases.push(id);
    else byKind[kind].set(id, Math.max(untilMs, byKind[kind].get(id) ?? 0));
  }
  const untilMs = Math.max(...ids.map((each) => each.untilMs), 0);
  const texts = textsOf(ids);
  const patterns = patternsOf(texts.filter((text) => !text.includes('\0')));
  // What was never a text of Postgres, such as a quarantined body, may hold NUL.
  const allPatterns = [...patterns, ...patternsOf(texts.filter((text) => text.includes('\0')))];
  const expressions = allPatterns.map((pattern) => new RegExp(pattern, 'u'));
  const replacers = allPatterns.map((pattern) => new RegExp(pattern, 'gu'));
  const orderNames = new Set(
    ids.map(({ id }) => userOf({ user: { external_user_id: id } })).filter((name) => name !== undefined),
  );
  const has = (kind: 'e' | 'd' | 'u', id: unknown, storedAtMs: number): boolean =>
    typeof id === 'string' && (byKind[kind].get(id) ?? -1) >= storedAtMs;

  return {
    /** The latest time of all: what is stored later is left alone. */
    untilMs,
    /** Whether an event that was stored at a time is of one of the users. */
    isTheirs: ({ user }: CatalogueEvent, storedAtMs: number): boolean =>
      has('e', user.external_user_id, storedAtMs) ||
      has('d', user.device_id, storedAtMs) ||
      has('u', user.user_id, storedAtMs),
    /** Whether this is one of them as the order of events knows users; see `userOf`. */
    isUser: (user: string): boolean => orderNames.has(user),
    /** As members of cohorts and segments, where no other ids can be. */
    memberKeys: [
      ...Array.from(byKind.e.keys(), (externalId) => memberKey({ externalId })),
      ...Array.from(byKind.d.keys(), (deviceId) => memberKey({ deviceId })),
      ...aliases,
    ].filter((key) => memberFault(memberOf(key)) === undefined),
    /** As keys of budgets, in the buckets of rate limits. */
    keyHashes: ids.map(({ id }) => keyHashOf(id)),
    /** Regular expressions, of JavaScript and PostgreSQL, that find the ids in a text, as they are and as JSON and URLs have them. */
    patterns,
    isIn: (text: string): boolean => expressions.some((expression) => expression.test(text)),
    /** The text without the ids. */
    erase: (text: string): string => replacers.reduce((rest, pattern) => rest.replace(pattern, placeholder), text),
  };
}

/** The ids as they are, as Postgres' texts have them, as the order of events does, and as JSON and URLs do. */
function textsOf(ids: readonly DeletedId[]): readonly string[] {
  const texts = new Set(
    ids.flatMap(({ kind, id }) => {
      const text = kind === 'a' ? id.slice(id.indexOf('\u001f') + 1) : id;
      const inOrder = userOf({ user: { external_user_id: text } }) ?? text;
      const inJson = JSON.stringify(text).slice(1, -1);
      return [text, storable(text), inOrder, inJson, encodeURIComponent(text.toWellFormed())];
    }),
  );
  return [...texts].sort((a, b) => b.length - a.length);
}

function patternsOf(texts: readonly string[]): readonly string[] {
  const lists: string[][] = [];
  let length = Infinity;
  for (const alternative of texts.map(patternOf)) {
    const list = lists.at(-1);
    length += alternative.length + 1;
    if (list && list.length < maxAlternatives && length <= maxPatternLength) list.push(alternative);
    else {
      lists.push([alternative]);
      length = alternative.length;
    }
  }
  return lists.map((list) => `(?:${list.join('|')})`);
}

/** Of a longer word, a short id may be a part by chance. */
const surelyUnique = 12;

function patternOf(text: string): string {
  const escaped = text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return text.length >= surelyUnique ? escaped : `(?<![A-Za-z0-9])${escaped}(?![A-Za-z0-9])`;
}
