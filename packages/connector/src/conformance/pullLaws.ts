import { expect } from 'vitest';
import type { CohortList, CohortPull, MemberPage, PartnerCohort, PullCursor, PullStep } from '../cohortPull.js';
import type { Connector } from '../connector.js';
import type { HttpAnswer } from '../http.js';
import { awkwardAnswers, outages } from './answers.js';
import { deepFreeze } from './freeze.js';
import type { Law } from './law.js';
import { scriptedStreams } from './scriptedStreams.js';
import type { ScriptedStreams } from './scriptedStreams.js';

export interface PullOptions {
  readonly connector: Connector;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly credentials: Readonly<Record<string, unknown>>;
  /** The fields of the credentials that nobody may ever read again. */
  readonly secrets: readonly string[];
  readonly list: { readonly answer: HttpAnswer; readonly then: readonly PartnerCohort[] };
  readonly cohortId: string;
  /** A whole pull, step by step: what the partner answers, the members it brings, and how long it says to wait. */
  readonly steps: readonly {
    readonly answers: readonly HttpAnswer[];
    readonly members: readonly string[];
    readonly afterMs?: number;
  }[];
}

/** Every law of a pull. */
export function pullLaws({ connector, list, cohortId, steps, ...options }: PullOptions): Law[] {
  const pull = connector.cohortPull as CohortPull<unknown, unknown> | undefined;
  const settings: unknown = deepFreeze(connector.settings.parse(options.settings));
  const credentials = deepFreeze(connector.credentials.parse(options.credentials)) as Readonly<Record<string, unknown>>;
  const secrets = options.secrets.map((field) => String(credentials[field]));

  async function listAgainst(
    ...answers: HttpAnswer[]
  ): Promise<{ readonly said: CohortList; readonly http: ScriptedStreams }> {
    const http = scriptedStreams(answers);
    return { said: await (pull as CohortPull<unknown, unknown>).list({ settings, credentials, http }), http };
  }

  async function goAgainst(
    place: PullCursor | undefined,
    answers: readonly HttpAnswer[],
    pieceBytes?: number,
  ): Promise<Gone> {
    const http = scriptedStreams(answers, pieceBytes);
    const pages: MemberPage[] = [];
    const said = await (pull as CohortPull<unknown, unknown>).pull(
      cohortId,
      place,
      { settings, credentials, http },
      async (page) => void pages.push(page),
    );
    return { said, http, pages };
  }

  /** The places from which a whole pull goes on, the beginning included. */
  async function places(): Promise<readonly (PullCursor | undefined)[]> {
    const found: (PullCursor | undefined)[] = [undefined];
    for (const { answers } of steps.slice(0, -1)) {
      const { said } = await goAgainst(found.at(-1), answers);
      if (said.outcome !== 'continue')
        throw new Error(`step ${found.length}: expected it to continue; it said ${JSON.stringify(said)}`);
      found.push(said.cursor);
    }
    return found;
  }

  return [
    {
      name: 'says what it takes, as data',
      prove() {
        expect(pull?.description).toMatch(/\S \S/);
        const numbers = pull?.limits.budgets.flatMap(({ limit, periodMs }) => [limit, periodMs]) ?? [];
        for (const number of [pull?.limits.maxConcurrentSteps, ...numbers])
          expect(Number.isSafeInteger(number) && Number(number) > 0).toBe(true);
      },
    },
    {
      name: 'lists the partner’s cohorts',
      async prove() {
        expect((await listAgainst(list.answer)).said).toStrictEqual({ outcome: 'listed', cohorts: list.then });
      },
    },
    ...[1, 7, 1_000_000].map((pieceBytes) => ({
      name: `brings every member, step by step, in pieces of ${pieceBytes} bytes`,
      async prove() {
        let place: PullCursor | undefined;
        for (const [index, { answers, members, afterMs = 0 }] of steps.entries()) {
          const { said, pages, http } = await goAgainst(place, answers, pieceBytes);
          expect(http.requests).toHaveLength(answers.length);
          expect(pages.flatMap((page) => page.members)).toStrictEqual(members.map((externalId) => ({ externalId })));
          if (index === steps.length - 1) expect(said).toStrictEqual({ outcome: 'complete' });
          else expect(said).toMatchObject({ outcome: 'continue', afterMs });
          place = 'cursor' in said ? said.cursor : undefined;
        }
      },
    })),
    {
      name: 'keeps nothing secret in a place, and nothing but JSON',
      async prove() {
        for (const place of (await places()).flatMap((found) => found ?? [])) {
          expect(() => JSON.parse(place) as unknown).not.toThrow();
          expect(place.length).toBeLessThan(1_000);
          for (const secret of secrets) expect(place).not.toContain(secret);
        }
      },
    },
    {
      name: 'rethrows what the receiver of the members throws',
      async prove() {
        const at = await places();
        const [index, step] = [...steps.entries()].find(([, { members }]) => members.length > 0) ?? [];
        if (index === undefined || step === undefined) throw new Error('expected a step with members');
        const to = { settings, credentials, http: scriptedStreams(step.answers) };
        const full = async (): Promise<void> => Promise.reject(new Error('no room'));
        await expect((pull as CohortPull<unknown, unknown>).pull(cohortId, at[index], to, full)).rejects.toThrow(
          'no room',
        );
      },
    },
    ...Object.entries(outages).map(([title, answer]) => ({
      name: `waits in an outage, wherever it is: ${title}`,
      async prove() {
        expect((await listAgainst(answer)).said).toMatchObject({ outcome: 'deferred' });
        for (const place of await places())
          expect((await goAgainst(place, [answer])).said).toMatchObject({ outcome: 'deferred' });
      },
    })),
    ...Object.entries(awkwardAnswers).map(([title, answer]) => ({
      name: `has a word for every answer, and repeats no secret: ${title}`,
      async prove() {
        const told =
          'body' in answer
            ? { ...answer, body: answer.body.replace(/"(no|slow down|too large)"/, JSON.stringify(secrets.join(' '))) }
            : answer;
        for (const result of [
          await listAgainst(told),
          ...(await Promise.all((await places()).map((place) => goAgainst(place, [told, told])))),
        ]) {
          expectWellFormed(result.said);
          for (const secret of secrets) expect(JSON.stringify(result.said)).not.toContain(secret);
          for (const { url } of result.http.requests)
            for (const secret of secrets) expect(decodeURIComponent(url)).not.toContain(secret);
        }
      },
    })),
    {
      name: 'shows its credentials to nobody but the partner',
      async prove() {
        const own = new URL((await listAgainst(list.answer)).http.requests[0]?.url ?? '').origin;
        const found = await places();
        for (const [index, { answers }] of steps.entries()) {
          for (const { url, headers } of (await goAgainst(found[index], answers)).http.requests) {
            if (new URL(url).origin !== own)
              expect(Object.keys(headers ?? {}).map((name) => name.toLowerCase())).not.toContain('authorization');
          }
        }
      },
    },
  ];
}

interface Gone {
  readonly said: PullStep;
  readonly http: ScriptedStreams;
  readonly pages: readonly MemberPage[];
}

function expectWellFormed(said: PullStep | CohortList): void {
  if (said.outcome !== 'deferred' && said.outcome !== 'failed') return;
  expect(said.code).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
  expect(said.detail).toMatch(/\S/);
  expect(said.detail.length).toBeLessThanOrEqual(500);
  if (said.outcome === 'deferred' && said.afterMs !== undefined)
    expect(Number.isSafeInteger(said.afterMs) && said.afterMs >= 0).toBe(true);
}
