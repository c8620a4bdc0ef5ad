import { expect } from 'vitest';
import type { CohortList, CohortPull, MemberPage, PartnerCohort, PullCursor, PullStep } from '../cohortPull.js';
import type { Connector } from '../connector.js';
import type { HttpAnswer } from '../http.js';
import { awkwardAnswers, outages } from './answers.js';
import { deepFreeze, isCount, law, lawsFor, maxDetailLength, snakeCase, type Law } from './law.js';
import { scriptedStreams } from './scriptedHttp.js';

export interface PullOptions {
  readonly connector: Connector;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly credentials: Readonly<Record<string, unknown>>;
  /** The fields of the credentials that must never be shown again. */
  readonly secrets: readonly string[];
  readonly list: { readonly answer: HttpAnswer; readonly then: readonly PartnerCohort[] };
  readonly cohortId: string;
  /** A whole pull, step by step: the partner's answers, the members in them, and the expected wait. */
  readonly steps: readonly {
    readonly answers: readonly HttpAnswer[];
    readonly members: readonly string[];
    readonly afterMs?: number;
  }[];
}

/** Every law of a pull. */
export function pullLaws({ connector, list, cohortId, steps, ...options }: PullOptions): Law[] {
  const cohortPull = connector.cohortPull as CohortPull<unknown, unknown>;
  const settings: unknown = deepFreeze(connector.settings.parse(options.settings));
  const credentials = deepFreeze(connector.credentials.parse(options.credentials)) as Readonly<Record<string, unknown>>;
  const secrets = options.secrets.map((field) => String(credentials[field]));

  async function listAgainst(answer: HttpAnswer) {
    const http = scriptedStreams([answer]);
    return { result: await cohortPull.list({ settings, credentials, http }), http };
  }

  async function pullAgainst(cursor: PullCursor | undefined, answers: readonly HttpAnswer[], pieceBytes?: number) {
    const http = scriptedStreams(answers, pieceBytes);
    const pages: MemberPage[] = [];
    const onPage = async (page: MemberPage): Promise<void> => void pages.push(page);
    return { result: await cohortPull.pull(cohortId, cursor, { settings, credentials, http }, onPage), http, pages };
  }

  /** The cursors of a whole pull, including undefined for its beginning. */
  async function cursors(): Promise<readonly (PullCursor | undefined)[]> {
    const found: (PullCursor | undefined)[] = [undefined];
    for (const { answers } of steps.slice(0, -1)) {
      const { result } = await pullAgainst(found.at(-1), answers);
      if (result.outcome !== 'continue')
        throw new Error(`step ${found.length}: expected it to continue, got ${JSON.stringify(result)}`);
      found.push(result.cursor);
    }
    return found;
  }

  return [
    law('has a description, and limits above zero', () => {
      expect(cohortPull.description).toMatch(/\S \S/);
      const { maxConcurrentSteps, budgets } = cohortPull.limits;
      for (const number of [maxConcurrentSteps, ...budgets.flatMap(({ limit, periodMs }) => [limit, periodMs])])
        expect(isCount(number)).toBe(true);
    }),
    law('lists the partner’s cohorts', async () =>
      expect((await listAgainst(list.answer)).result).toStrictEqual({ outcome: 'listed', cohorts: list.then }),
    ),
    ...[1, 7, 1_000_000].map((pieceBytes) =>
      law(`hands over every member, step by step, from pieces of ${pieceBytes} bytes`, async () => {
        let cursor: PullCursor | undefined;
        for (const [index, { answers, members, afterMs = 0 }] of steps.entries()) {
          const { result, pages, http } = await pullAgainst(cursor, answers, pieceBytes);
          expect(http.requests).toHaveLength(answers.length);
          expect(pages.flatMap((page) => page.members)).toStrictEqual(members.map((externalId) => ({ externalId })));
          if (index === steps.length - 1) expect(result).toStrictEqual({ outcome: 'complete' });
          else expect(result).toMatchObject({ outcome: 'continue', afterMs });
          cursor = 'cursor' in result ? result.cursor : undefined;
        }
      }),
    ),
    law('makes cursors of JSON, without secrets', async () => {
      for (const cursor of (await cursors()).flatMap((found) => found ?? [])) {
        expect(() => JSON.parse(cursor) as unknown).not.toThrow();
        expect(cursor.length).toBeLessThan(1_000);
        for (const secret of secrets) expect(cursor).not.toContain(secret);
      }
    }),
    law('rethrows what the receiver of the members throws', async () => {
      const [index, step] = [...steps.entries()].find(([, { members }]) => members.length > 0) ?? [];
      if (index === undefined || step === undefined) throw new Error('expected a step with members, got none');
      const to = { settings, credentials, http: scriptedStreams(step.answers) };
      const pull = cohortPull.pull(cohortId, (await cursors())[index], to, () => Promise.reject(new Error('full')));
      await expect(pull).rejects.toThrow('full');
    }),
    ...lawsFor(Object.entries(outages), 'defers in an outage, at every step', async (answer) => {
      expect((await listAgainst(answer)).result).toMatchObject({ outcome: 'deferred' });
      for (const cursor of await cursors())
        expect((await pullAgainst(cursor, [answer])).result).toMatchObject({ outcome: 'deferred' });
    }),
    ...lawsFor(Object.entries(awkwardAnswers), 'reads every answer, and repeats no secret', async (answer) => {
      const repeated = JSON.stringify(secrets.join(' '));
      const repeating =
        'body' in answer ? { ...answer, body: answer.body.replace(/"(no|slow down|too large)"/, repeated) } : answer;
      const pulls = (await cursors()).map((cursor) => pullAgainst(cursor, [repeating, repeating]));
      for (const { result, http } of [await listAgainst(repeating), ...(await Promise.all(pulls))]) {
        expectWellFormed(result);
        for (const secret of secrets) {
          expect(JSON.stringify(result)).not.toContain(secret);
          for (const { url } of http.requests) expect(decodeURIComponent(url)).not.toContain(secret);
        }
      }
    }),
    law('sends credentials only to the partner', async () => {
      const own = new URL((await listAgainst(list.answer)).http.requests[0]?.url ?? '').origin;
      const found = await cursors();
      for (const [index, { answers }] of steps.entries()) {
        for (const { url, headers } of (await pullAgainst(found[index], answers)).http.requests) {
          if (new URL(url).origin !== own)
            expect(Object.keys(headers ?? {}).map((name) => name.toLowerCase())).not.toContain('authorization');
        }
      }
    }),
  ];
}

function expectWellFormed(result: PullStep | CohortList): void {
  if (result.outcome !== 'deferred' && result.outcome !== 'failed') return;
  expect(result.code).toMatch(snakeCase);
  expect(result.detail).toMatch(/\S/);
  expect(result.detail.length).toBeLessThanOrEqual(maxDetailLength);
  const afterMs = result.outcome === 'deferred' ? (result.afterMs ?? 0) : 0;
  expect(Number.isSafeInteger(afterMs) && afterMs >= 0).toBe(true);
}
