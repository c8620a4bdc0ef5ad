import type { ExportLimits, Item, SegmentExport, SendOutcome } from '@currents/connector';
import { z } from 'zod';

type Entry = { readonly user: string; readonly isMember: boolean };

/** What the destination answers to a request, or to one change of it; by default it takes all. */
type Judge = (items: readonly Item<Entry>[], token: string) => Promise<SendOutcome | ((user: string) => SendOutcome)>;

export type FakeLists = ReturnType<typeof createFakeLists>;

/** A destination of segments that holds lists of users, and answers as the test says. */
export function createFakeLists(limits: Partial<ExportLimits> = {}) {
  const held = new Map<string, boolean>();
  const requests: (readonly Entry[])[] = [];
  const delivered: SendOutcome = { outcome: 'delivered' };
  let judge: Judge = async () => delivered;
  let token = 'valid';

  const segmentExport: SegmentExport<{ readonly list: string }, { readonly token: string }, Entry> = {
    name: 'lists',
    label: 'Lists',
    settings: z.strictObject({ list: z.string().min(1).describe('The list.') }),
    credentials: z.strictObject({ token: z.string().min(1).describe('The token.') }),
    reasons: { device_id_only: 'Devices are not taken.' },
    origins: () => ['https://lists.example.com'],
    objectOf: ({ list }) => ({ account: 'lists', name: list }),
    nameSetting: 'list',
    suggestName: (name) => name.toLowerCase(),
    map: (member, isMember) =>
      'externalId' in member
        ? { payload: { user: member.externalId, isMember } }
        : { reject: 'device_id_only', detail: 'devices are not taken' },
    limits: () => ({
      maxItems: 5,
      maxBytes: 100_000,
      wrapBytes: 2,
      maxConcurrentRequests: 3,
      requests: { limit: 1_000_000, periodMs: 1_000 },
      reversalMs: 0,
      maxTries: 2,
      cost: { unit: 'points', perItem: 1 },
      ...limits,
    }),
    async send(items, { credentials }) {
      requests.push(items.map(({ payload }) => payload));
      if (credentials.token !== token)
        return items.map(({ id }) => ({ id, outcome: 'blocked', code: 'unauthorised', detail: 'wrong token' }));
      const verdict = await judge(items, credentials.token);
      return items.map(({ id, payload }) => {
        const outcome = typeof verdict === 'function' ? verdict(payload.user) : verdict;
        if (outcome.outcome === 'delivered') held.set(payload.user, payload.isMember);
        return { id, ...outcome };
      });
    },
    test: async ({ credentials }) =>
      credentials.token === token
        ? { outcome: 'passed' }
        : { outcome: 'refused', code: 'unauthorised', detail: 'wrong token' },
  };

  return {
    segmentExport,
    requests,
    held,
    /** The users that the destination holds as members, in order. */
    members: () => [...held].flatMap(([user, isMember]) => (isMember ? [user] : [])).sort(),
    /** What was said of a user, in order. */
    said: (user: string) => requests.flat().flatMap((entry) => (entry.user === user ? [entry.isMember] : [])),
    answer: (next: Judge) => void (judge = next),
    answerAll: (outcome: SendOutcome) => void (judge = async () => outcome),
    accept: () => void (judge = async () => delivered),
    /** From now on this token is valid. */
    setToken: (next: string) => void (token = next),
  };
}
