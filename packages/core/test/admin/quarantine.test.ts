import {
  countQuarantine,
  getCurrent,
  listQuarantine,
  planRelease,
  releaseQuarantined,
  type QuarantinedEvent,
  type QuarantineFilter,
} from '@currents/core';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { unpackBatch } from '../../src/batch/batch.js';
import { event, openCoreHarness, type CoreHarness } from './coreHarness.js';

let harness: CoreHarness | undefined;
const use = (): CoreHarness => harness as CoreHarness;

beforeEach(async () => {
  await harness?.close();
  harness = await openCoreHarness();
});
afterAll(() => harness?.close());

const unknown = () => event('new', { event_type: 'users.messages.pigeon.Open' });
const nameless = () => event('nameless', { event_type: undefined });

/** Simulates a catalogue that has gained the type: gives the quarantined events a type that the catalogue has. */
async function learn(): Promise<void> {
  await use().sql`update quarantine set body = replace(body, 'pigeon', 'email')`;
}

async function all(
  filter: QuarantineFilter = {},
  first = 3,
  between: () => Promise<void> = async () => undefined,
): Promise<QuarantinedEvent[]> {
  const seen: QuarantinedEvent[] = [];
  for (let after: string | undefined, more = true; more; more = after !== undefined) {
    const page = await listQuarantine(use().admin, { first, after }, filter);
    seen.push(...page.nodes);
    after = page.nextCursor;
    await between();
  }
  return seen;
}

async function stored(): Promise<string[]> {
  const rows = await use().sql<{ content: Buffer }[]>`select content from batch order by id`;
  const events = await Promise.all(rows.map(({ content }) => unpackBatch(content)));
  return events.flat().map(({ id }) => id);
}

describe('the quarantine', () => {
  it('lists each refused event as received, with the reason', async () => {
    const refused = unknown();
    await use().take([event(), refused]);
    expect(await all()).toMatchObject([
      { code: 'unknown_event_type', position: 1, tokenId: String(use().tokenId), body: JSON.stringify(refused) },
    ]);
  });

  it('lists each event once over all pages, newest first, while more are added', async () => {
    for (let request = 0; request < 5; request++) await use().take([unknown(), nameless()]);
    const before = (await all({}, 200)).map(({ id }) => id);
    expect(before).toHaveLength(10);
    expect([...before].sort((a, b) => Number(b) - Number(a))).toEqual(before);
    for (const first of [1, 3, 10, 11]) {
      const ids = (await all({}, first, () => (first === 3 ? use().take([unknown()]) : Promise.resolve()))).map(
        ({ id }) => id,
      );
      expect(ids.slice(-10)).toEqual(before);
      expect(new Set(ids).size).toBe(ids.length);
    }
  });

  it('pages across days', async () => {
    await use().take([unknown(), unknown()]);
    await use().sql`update quarantine set stored_on = stored_on - 1, stored_at = stored_at - interval '1 day'`;
    await use().take([unknown()]);
    expect((await all({}, 1)).map(({ storedAt }) => storedAt.getTime() > Date.now() - 3_600_000)).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('filters and counts by code and time', async () => {
    await use().take([unknown(), nameless(), unknown()]);
    expect(await countQuarantine(use().admin)).toEqual([
      { code: 'unknown_event_type', eventCount: 2, releasedCount: 0 },
      { code: 'missing_event_type', eventCount: 1, releasedCount: 0 },
    ]);
    const now = new Date(Date.now() + 1000);
    const cases: [QuarantineFilter, number][] = [
      [{ code: 'missing_event_type' }, 1],
      [{ code: 'nothing\0' }, 0],
      [{ from: now }, 0],
      [{ to: now }, 3],
      [{ from: new Date(Date.now() - 60_000) }, 3],
      [{ from: new Date(-8e15), to: new Date(8e15) }, 3],
      [{ isReleased: true }, 0],
      [{ isReleased: false }, 3],
      [{ ids: [] }, 0],
      [{ ids: ['x', '99999999999999999999'] }, 0],
    ];
    for (const [filter, count] of cases) expect(await all(filter, 200), JSON.stringify(filter)).toHaveLength(count);
  });
});

describe('a release', () => {
  it('stores the events that are now valid, with a delivery for each Current that selects them, and keeps the others', async () => {
    const current = await use().launch('Carrier');
    const [good, bad] = [unknown(), nameless()];
    await use().take([good, bad]);
    expect(await planRelease(use().admin, {})).toEqual({
      kind: 'Released',
      isDryRun: true,
      eventCount: 0,
      stillRefused: [
        { code: 'unknown_event_type', eventCount: 1, detail: expect.stringContaining('pigeon') },
        { code: 'missing_event_type', eventCount: 1, detail: expect.any(String) },
      ],
    });
    await learn();
    expect(await planRelease(use().admin, {})).toMatchObject({
      eventCount: 1,
      stillRefused: [{ code: 'missing_event_type', eventCount: 1 }],
    });
    expect(await stored()).toEqual([]);
    use().woken.length = 0;
    expect(await releaseQuarantined(use().admin, {})).toMatchObject({
      kind: 'Released',
      eventCount: 1,
      stillRefused: [{ code: 'missing_event_type', eventCount: 1 }],
    });
    expect(await stored()).toEqual([good['id']]);
    expect(use().woken).toEqual([Number(current)]);
    expect(await getCurrent(use().admin, current)).toMatchObject({ counts: { selected: 1, pending: 1 } });
    expect(await all({ isReleased: true })).toMatchObject([
      { code: 'unknown_event_type', releasedAt: expect.any(Date) },
    ]);
    expect(await all({ isReleased: false })).toMatchObject([{ code: 'missing_event_type', releasedAt: undefined }]);
  });

  it('stores each event once, also for several admins at once and after a crash between its two commits', async () => {
    const events = Array.from({ length: 20 }, unknown);
    await use().take(events);
    await learn();
    await Promise.all(Array.from({ length: 3 }, () => releaseQuarantined(use().admin, {})));
    await use().sql`update quarantine set released_at = null`;
    await releaseQuarantined(use().admin, {});
    expect((await stored()).sort()).toEqual(events.map(({ id }) => id as string).sort());
    expect(await releaseQuarantined(use().admin, {})).toMatchObject({ eventCount: 0, stillRefused: [] });
  });

  it('is limited to the chosen events, and continues when one step is not enough', async () => {
    await use().take([...Array.from({ length: 450 }, unknown), nameless()]);
    await learn();
    const [newest] = await all({ code: 'unknown_event_type' }, 1);
    expect(await releaseQuarantined(use().admin, { ids: [newest?.id ?? ''] })).toMatchObject({
      eventCount: 1,
      stillRefused: [],
    });
    expect(await releaseQuarantined(use().admin, { code: 'missing_event_type' })).toMatchObject({
      eventCount: 0,
      stillRefused: [{ eventCount: 1 }],
    });
    expect(await releaseQuarantined(use().admin, { code: 'unknown_event_type', isReleased: true })).toMatchObject({
      eventCount: 449,
    });
    expect(await stored()).toHaveLength(450);
  });

  it('leaves a line that is not JSON in the quarantine', async () => {
    await use().intake.take({ bytes: Buffer.from('{"event_type": "users'), format: 'ndjson', tokenId: use().tokenId });
    await use().intake.take({ bytes: Buffer.from('42\n[]\nnull'), format: 'ndjson', tokenId: use().tokenId });
    const { eventCount, stillRefused } = await releaseQuarantined(use().admin, {});
    expect(eventCount).toBe(0);
    expect(stillRefused.map(({ code }) => code)).toContain('malformed_json');
    expect(await all({ isReleased: true })).toEqual([]);
  });
});
