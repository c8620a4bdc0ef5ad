import {
  countQuarantine,
  getCurrent,
  createIngest,
  findQuarantinedEvents,
  listQuarantine,
  openWriter,
  purgeProblem,
  type Admin,
  type QuarantinedEvent,
  type QuarantineFilter,
} from '@currents/core';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { unpackBatch } from '../../src/batch/batch.js';
import { packContent, unpackContent } from '../../src/quarantine/content.js';
import { event, openCoreHarness, type CoreHarness } from './coreHarness.js';
import { runOperation } from './runOperation.js';

const planRelease = (admin: Admin, filter: QuarantineFilter) =>
  runOperation(admin, 'release_quarantined_events', { filter, isDryRun: true });
const releaseQuarantined = (admin: Admin, filter: QuarantineFilter) =>
  runOperation(admin, 'release_quarantined_events', { filter, isDryRun: false });
const planPurge = (admin: Admin, filter: QuarantineFilter) =>
  runOperation(admin, 'purge_quarantined_events', { filter, isDryRun: true });
const purgeQuarantined = async (admin: Admin, filter: QuarantineFilter, confirmEventCount: number | undefined) =>
  (await purgeProblem(admin, filter, confirmEventCount)) ??
  runOperation(admin, 'purge_quarantined_events', { filter, isDryRun: false });

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
  const rows = await use().sql<{ id: string; events: number; content: Buffer }[]>`
    select id, events, content from quarantine_batch where content is not null`;
  for (const { id, events, content } of rows) {
    const kept = await unpackContent(content, events);
    const learned = kept.map((each) => ({ ...each, body: each.body?.replace('pigeon', 'email') }));
    await use().sql`update quarantine_batch set content = ${await packContent(learned)} where id = ${id}`;
  }
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
    const places = before.map((id) => id.split('-').map(Number));
    expect([...places].sort(([, a = 0, i = 0], [, b = 0, j = 0]) => b - a || j - i)).toEqual(places);
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
    await use().sql`update quarantine_batch set stored_on = stored_on - 1, stored_at = stored_at - interval '1 day'`;
    await use().take([unknown()]);
    expect((await all({}, 1)).map(({ storedAt }) => storedAt.getTime() > Date.now() - 3_600_000)).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('stores the events of a request in one row, and lists each with its position', async () => {
    const lines = Array.from({ length: 5_000 }, (_, index) => (index % 2 === 0 ? 'x' : '{}')).join('\n');
    await use().intake.take({ chunks: [Buffer.from(lines)], format: 'ndjson', tokenId: use().tokenId });
    expect(await use().sql`select events, codes, event_counts from quarantine_batch`).toMatchObject([
      { events: 5_000, codes: ['malformed_json', 'missing_event_type'], event_counts: [2_500, 2_500] },
    ]);
    const pages = await all({ code: 'malformed_json' }, 200);
    expect(pages.map(({ position }) => position)).toEqual(Array.from({ length: 2_500 }, (_, n) => 4_998 - 2 * n));
    expect(new Set(pages.map(({ body }) => body))).toEqual(new Set(['x']));
    expect((await listQuarantine(use().admin, { first: 1 })).nodes).toMatchObject([{ position: 4_999, body: '{}' }]);
    const ids = [pages[7]?.id ?? '', '20260131-1-0', pages[3]?.id ?? ''];
    expect(await findQuarantinedEvents(use().admin, ids)).toEqual([pages[7], undefined, pages[3]]);
  });

  it('keeps the beginning of an event that is longer than the catalogue accepts', async () => {
    await use().take([event('long', { note: 'x'.repeat(600_000) })]);
    const [long] = await all();
    expect(long).toMatchObject({ code: 'too_large', bodyState: 'cut' });
    expect(long?.body).toHaveLength(512 * 1024);
    expect(await releaseQuarantined(use().admin, {})).toMatchObject({
      eventCount: 0,
      stillRefused: [{ code: 'too_large', eventCount: 1 }],
    });
  });

  it('lists fewer events of a page when their bodies are large, and all of them over all pages', async () => {
    for (let index = 0; index < 20; index++) await use().take([event('long', { n: index, note: 'x'.repeat(600_000) })]);
    const page = await listQuarantine(use().admin, { first: 20 });
    expect(page.nodes).toHaveLength(16);
    expect(page.nextCursor).toBeDefined();
    const ids = (await all({}, 20)).map(({ id }) => id);
    expect(new Set(ids).size).toBe(20);
    await expect(findQuarantinedEvents(use().admin, ids)).rejects.toThrow('ask for fewer');
    expect(await findQuarantinedEvents(use().admin, ids.slice(0, 2))).toHaveLength(2);
  });

  it('shows events that cannot be read, and counts them', async () => {
    await use().take([unknown(), nameless()]);
    for (const content of [Buffer.of(0x02, 1), Buffer.from('[')]) {
      await use().sql`update quarantine_batch set content = ${content}`;
      expect(await all()).toMatchObject([
        {
          code: 'missing_event_type',
          position: 1,
          body: undefined,
          bodyState: 'unreadable',
          detail: expect.any(String),
        },
        { code: 'unknown_event_type', position: 0, body: undefined, bodyState: 'unreadable' },
      ]);
      expect(await releaseQuarantined(use().admin, {})).toMatchObject({ eventCount: 0, unreadableCount: 2 });
    }
    expect(await countQuarantine(use().admin)).toHaveLength(2);
    expect(await purgeQuarantined(use().admin, { code: 'missing_event_type' }, 1)).toMatchObject({ eventCount: 1 });
    expect(await all()).toHaveLength(1);
  });

  it('takes a row as the release before stores it', async () => {
    const body = JSON.stringify(unknown());
    await use().sql`
      insert into quarantine (stored_on, token_id, position, code, detail, body)
      values (current_date, ${use().tokenId}, 7, 'unknown_event_type', 'why', ${body})`;
    expect(await all()).toMatchObject([{ position: 7, code: 'unknown_event_type', detail: 'why', body }]);
    expect(await countQuarantine(use().admin)).toMatchObject([{ eventCount: 1 }]);
    await learn();
    expect(await releaseQuarantined(use().admin, {})).toMatchObject({ eventCount: 1 });
  });

  it('filters and counts by code and time', async () => {
    await use().take([unknown(), nameless(), unknown()]);
    expect(await countQuarantine(use().admin)).toEqual([
      { code: 'unknown_event_type', eventCount: 2, releasedCount: 0, purgedCount: 0 },
      { code: 'missing_event_type', eventCount: 1, releasedCount: 0, purgedCount: 0 },
    ]);
    const now = new Date(Date.now() + 1000);
    const cases: [QuarantineFilter, number][] = [
      [{ code: 'missing_event_type' }, 1],
      [{ code: 'nothing\0' }, 0],
      [{ tokenId: String(use().tokenId), code: 'missing_event_type' }, 1],
      [{ tokenId: String(use().tokenId + 1) }, 0],
      [{ tokenId: 'x' }, 0],
      [{ from: now }, 0],
      [{ to: now }, 3],
      [{ from: new Date(Date.now() - 60_000) }, 3],
      [{ from: new Date(-8e15), to: new Date(8e15) }, 3],
      [{ isReleased: true }, 0],
      [{ isReleased: false }, 3],
      [{ ids: [] }, 0],
      [{ ids: ['x', '99999999999999999999', '20260131-1', '20269931-1-0', '20260131-1-0'] }, 0],
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
      eventCount: 0,
      stillRefused: [
        { code: 'unknown_event_type', eventCount: 1, detail: expect.stringContaining('pigeon') },
        { code: 'missing_event_type', eventCount: 1, detail: expect.any(String) },
      ],
      unreadableCount: 0,
    });
    await learn();
    expect(await planRelease(use().admin, {})).toMatchObject({
      eventCount: 1,
      stillRefused: [{ code: 'missing_event_type', eventCount: 1 }],
    });
    expect(await stored()).toEqual([]);
    use().woken.length = 0;
    expect(await releaseQuarantined(use().admin, {})).toMatchObject({
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
    await use().sql`update quarantine_batch set states = null, releases = null, released_counts = purged_counts`;
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
    await use().intake.take({
      chunks: [Buffer.from('{"event_type": "users')],
      format: 'ndjson',
      tokenId: use().tokenId,
    });
    await use().intake.take({ chunks: [Buffer.from('42\n[]\nnull')], format: 'ndjson', tokenId: use().tokenId });
    const { eventCount, stillRefused } = await releaseQuarantined(use().admin, {});
    expect(eventCount).toBe(0);
    expect(stillRefused.map(({ code }: { code: string }) => code)).toContain('malformed_json');
    expect(await all({ isReleased: true })).toEqual([]);
  });
});

describe('the budget of the quarantine', () => {
  it('keeps no bodies beyond it, and everything else of the events', async () => {
    const writer = openWriter(use().databaseUrl, { max: 1, name: 'test' });
    const over: [number, number][] = [];
    const intake = createIngest(writer, {
      connectors: new Map(),
      batchEvents: 500,
      queuedBytes: 10_000_000,
      commits: 1,
      commitDelayMs: 1,
      shard: 4,
      onStored: () => undefined,
      quarantine: { maxBytes: 1_000, onOverBudget: (tokenId, events) => void over.push([tokenId, events]) },
    });
    const take = (tokenId: number, ...events: unknown[]) =>
      intake.take({ chunks: [Buffer.from(JSON.stringify({ events }))], format: 'json', tokenId });
    const { tokenId } = use();
    await take(tokenId, unknown());
    const answer = await take(tokenId, unknown(), event(), nameless());
    expect(answer).toMatchObject({
      receipt: { accepted: 1, quarantined: 2, refused: [{ position: 0 }, { position: 2, code: 'missing_event_type' }] },
    });
    // Another sender still has its share.
    await take(tokenId + 1, unknown());
    await intake.drain();
    await writer.end();
    expect(over).toEqual([[tokenId, 2]]);
    expect((await all()).map(({ position, bodyState, body }) => [position, bodyState, body !== undefined])).toEqual([
      [0, 'kept', true],
      [2, 'over_budget', false],
      [0, 'over_budget', false],
      [0, 'kept', true],
    ]);
    expect(await releaseQuarantined(use().admin, { code: 'missing_event_type' })).toMatchObject({
      stillRefused: [{ code: 'missing_event_type', eventCount: 1, detail: expect.stringContaining('full') }],
    });
    const [usage] = await use().sql<{ same: boolean }[]>`
      select (select sum(bytes) from quarantine_usage) = (select sum(length(content)) from quarantine_batch) as same`;
    expect(usage?.same).toBe(true);
  });
});

describe('a purge', () => {
  const sizes = async () => {
    const [row] = await use().sql<{ bytes: string; used: string }[]>`
      select coalesce(sum(length(content)), 0) as bytes, (select sum(bytes) from quarantine_usage) as used
      from quarantine_batch`;
    return [Number(row?.bytes), Number(row?.used)] as const;
  };

  it('deletes the bodies of the chosen events, frees their bytes, and goes on counting them', async () => {
    await use().take([unknown(), nameless(), event()]);
    await use().take([unknown()]);
    const [before] = await sizes();
    expect(await planPurge(use().admin, { code: 'unknown_event_type' })).toMatchObject({ eventCount: 2 });
    for (const count of [undefined, 1, 3])
      expect(await purgeQuarantined(use().admin, { code: 'unknown_event_type' }, count)).toMatchObject({
        kind: 'NotConfirmed',
        message: expect.stringContaining('expected 2'),
      });
    expect(await all()).toHaveLength(3);
    expect(await purgeQuarantined(use().admin, { code: 'unknown_event_type' }, 2)).toMatchObject({ eventCount: 2 });
    expect(await all()).toMatchObject([{ code: 'missing_event_type', bodyState: 'kept' }]);
    const [stored] = await use().sql<{ text: string }[]>`
      select string_agg(convert_from(content, 'UTF8'), '') as text from quarantine_batch`;
    expect(stored?.text).not.toContain('pigeon');
    const [bytes, used] = await sizes();
    expect(bytes).toBeLessThan(before);
    expect(used).toBe(bytes);
    expect(await countQuarantine(use().admin)).toEqual([
      { code: 'unknown_event_type', eventCount: 2, releasedCount: 0, purgedCount: 2 },
      { code: 'missing_event_type', eventCount: 1, releasedCount: 0, purgedCount: 0 },
    ]);
    expect(await countQuarantine(use().admin, { isReleased: false })).toMatchObject([{ code: 'missing_event_type' }]);
  });

  it('leaves nothing to release, and may be of released events alone', async () => {
    await use().take([unknown(), unknown()]);
    await learn();
    const [first] = await all();
    await releaseQuarantined(use().admin, { ids: [first?.id ?? ''] });
    expect(await purgeQuarantined(use().admin, { isReleased: true }, 1)).toMatchObject({ eventCount: 1 });
    expect((await all()).map(({ id }) => id)).not.toContain(first?.id);
    expect(await purgeQuarantined(use().admin, {}, 1)).toMatchObject({ eventCount: 1 });
    expect(await releaseQuarantined(use().admin, {})).toMatchObject({ eventCount: 0, stillRefused: [] });
    expect((await sizes())[0]).toBe(0);
  });

  it('2. conservation: received = accepted + quarantined + repeated, also after releases and purges', async () => {
    const receipts: { accepted: number; quarantined: number }[] = [];
    for (const events of [[event(), unknown()], [nameless()], [event(), event()], [unknown(), unknown(), event()]]) {
      const body = {
        chunks: [Buffer.from(JSON.stringify({ events }))],
        format: 'json' as const,
        tokenId: use().tokenId,
      };
      for (const taken of [await use().intake.take(body), await use().intake.take(body)])
        if (taken.outcome === 'stored') receipts.push(taken.receipt);
    }
    await purgeQuarantined(use().admin, { code: 'missing_event_type' }, 1);
    const once = receipts.filter((_, index) => index % 2 === 0);
    expect(receipts.filter((_, index) => index % 2 === 1)).toEqual(once);
    const accepted = (await stored()).length;
    const quarantined = (await countQuarantine(use().admin)).reduce((sum, { eventCount }) => sum + eventCount, 0);
    expect([accepted, quarantined]).toEqual([4, 4]);
    expect(once.reduce((sum, receipt) => sum + receipt.accepted, 0)).toBe(accepted);
    expect(once.reduce((sum, receipt) => sum + receipt.quarantined, 0)).toBe(quarantined);
  });
});
