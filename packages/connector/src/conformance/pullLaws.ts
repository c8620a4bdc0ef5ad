import { describe, expect, it } from 'vitest';
import type { CohortList, CohortPull, MemberPage, PartnerCohort, PullPlace, PullStep } from '../cohortPull.js';
import type { Connector } from '../connector.js';
import type { HttpAnswer } from '../http.js';
import { awkwardAnswers, outages } from './answers.js';
import { deepFreeze } from './freeze.js';
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
  readonly steps: readonly { readonly answers: readonly HttpAnswer[]; readonly members: readonly string[]; readonly afterMs?: number }[];
}

/** Every law of a pull, as tests. */
export function describeCohortPull({ connector, list, cohortId, steps, ...options }: PullOptions): void {
  const pull = connector.cohortPull as CohortPull<unknown, unknown> | undefined;
  const settings: unknown = deepFreeze(connector.settings.parse(options.settings));
  const credentials = deepFreeze(connector.credentials.parse(options.credentials)) as Readonly<Record<string, unknown>>;
  const secrets = options.secrets.map((field) => String(credentials[field]));

  async function listAgainst(...answers: HttpAnswer[]): Promise<{ readonly said: CohortList; readonly http: ScriptedStreams }> {
    const http = scriptedStreams(answers);
    return { said: await (pull as CohortPull<unknown, unknown>).list({ settings, credentials, http }), http };
  }

  async function goAgainst(place: PullPlace | undefined, answers: readonly HttpAnswer[], pieceBytes?: number): Promise<Gone> {
    const http = scriptedStreams(answers, pieceBytes);
    const pages: MemberPage[] = [];
    const said = await (pull as CohortPull<unknown, unknown>).pull(cohortId, place, { settings, credentials, http }, async (page) => void pages.push(page));
    return { said, http, pages };
  }

  /** The places from which a whole pull goes on, the beginning included. */
  async function places(): Promise<readonly (PullPlace | undefined)[]> {
    const found: (PullPlace | undefined)[] = [undefined];
    for (const { answers } of steps.slice(0, -1)) {
      const { said } = await goAgainst(found.at(-1), answers);
      if (said.outcome !== 'continue') throw new Error(`step ${found.length}: wanted it to continue; it said ${JSON.stringify(said)}`);
      found.push(said.place);
    }
    return found;
  }

  describe(`the cohort pull of ${connector.name}`, () => {
    it('says what it takes, as data', () => {
      expect(pull?.description).toMatch(/\S \S/);
      const numbers = pull?.limits.budgets.flatMap(({ allow, perMs }) => [allow, perMs]) ?? [];
      for (const number of [pull?.limits.atOnce, ...numbers]) expect(Number.isSafeInteger(number) && Number(number) > 0).toBe(true);
    });

    it('lists the partner’s cohorts', async () => {
      expect((await listAgainst(list.answer)).said).toStrictEqual({ outcome: 'listed', cohorts: list.then });
    });

    it.each([1, 7, 1_000_000])('brings every member, step by step, in pieces of %d bytes', async (pieceBytes) => {
      let place: PullPlace | undefined;
      for (const [index, { answers, members, afterMs = 0 }] of steps.entries()) {
        const { said, pages, http } = await goAgainst(place, answers, pieceBytes);
        expect(http.requests).toHaveLength(answers.length);
        expect(pages.flatMap((page) => page.members)).toStrictEqual(members.map((externalId) => ({ externalId })));
        if (index === steps.length - 1) expect(said).toStrictEqual({ outcome: 'complete' });
        else expect(said).toMatchObject({ outcome: 'continue', afterMs });
        place = 'place' in said ? said.place : undefined;
      }
    });

    it('keeps nothing secret in a place, and nothing but JSON', async () => {
      for (const place of (await places()).flatMap((found) => found ?? [])) {
        expect(() => JSON.parse(place) as unknown).not.toThrow();
        expect(place.length).toBeLessThan(1_000);
        for (const secret of secrets) expect(place).not.toContain(secret);
      }
    });

    it.each(Object.entries(outages))('waits in an outage, wherever it is: %s', async (_, answer) => {
      expect((await listAgainst(answer)).said).toMatchObject({ outcome: 'deferred' });
      for (const place of await places()) expect((await goAgainst(place, [answer])).said).toMatchObject({ outcome: 'deferred' });
    });

    it.each(Object.entries(awkwardAnswers))('has a word for every answer, and repeats no secret: %s', async (_, answer) => {
      const told = 'body' in answer ? { ...answer, body: answer.body.replace(/"(no|slow down|too large)"/, JSON.stringify(secrets.join(' '))) } : answer;
      for (const result of [await listAgainst(told), ...(await Promise.all((await places()).map((place) => goAgainst(place, [told, told]))))]) {
        expectWellFormed(result.said);
        for (const secret of secrets) expect(JSON.stringify(result.said)).not.toContain(secret);
        for (const { url } of result.http.requests) for (const secret of secrets) expect(decodeURIComponent(url)).not.toContain(secret);
      }
    });

    it('shows its credentials to nobody but the partner', async () => {
      const own = new URL((await listAgainst(list.answer)).http.requests[0]?.url ?? '').origin;
      const found = await places();
      for (const [index, { answers }] of steps.entries()) {
        for (const { url, headers } of (await goAgainst(found[index], answers)).http.requests) {
          if (new URL(url).origin !== own) expect(Object.keys(headers ?? {}).map((name) => name.toLowerCase())).not.toContain('authorization');
        }
      }
    });
  });
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
  if (said.outcome === 'deferred' && said.afterMs !== undefined) expect(Number.isSafeInteger(said.afterMs) && said.afterMs >= 0).toBe(true);
}
