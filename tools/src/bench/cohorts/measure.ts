import { setTimeout as wait } from 'node:timers/promises';
import type { CohortReference, Member } from '@currents/connector';
import { createSegment, exportMembers, getSegment, previewSegment, type ExportFormat } from '@currents/core';
import { percentile } from '../reading/percentiles.js';
import type { CohortHub } from './hub.js';
import { memberAt } from './hub.js';
import type { CohortOptions } from './options.js';

export interface Measured {
  readonly what: string;
  readonly seconds: number;
  readonly members?: number;
  readonly note?: string;
}

/** Seconds that this takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (performance.now() - startedMs) / 1000;
}

/** Sends a whole membership, page by page; returns the milliseconds to the answer of each page. */
export async function sendWhole(
  hub: CohortHub,
  cohort: CohortReference,
  session: string,
  { members, pageMembers, senders }: Pick<CohortOptions, 'members' | 'pageMembers' | 'senders'>,
  member: (index: number) => Member,
): Promise<readonly number[]> {
  const pages = Math.ceil(members / pageMembers);
  const times: number[] = [];
  let next = 1;
  const send = async (): Promise<void> => {
    while (next <= pages) {
      const page = next++;
      const first = (page - 1) * pageMembers;
      const list = Array.from({ length: Math.min(pageMembers, members - first) }, (_, index) => member(first + index));
      times.push(await hub.push({ kind: 'replace', cohort, session: { id: session, page, pages }, members: list }));
    }
  };
  await Promise.all(Array.from({ length: senders }, send));
  return times;
}

export function describeTimes(times: readonly number[]): string {
  return `answers: median ${percentile(times, 0.5).toFixed(0)} ms, p99 ${percentile(times, 0.99).toFixed(0)} ms, max ${Math.max(...times).toFixed(0)} ms`;
}

/** Sends pages for other cohorts at a constant rate until told to end; returns the milliseconds of each answer. */
export function pushSteadily(
  hub: CohortHub,
  { pagesPerSecond, pageMembers }: CohortOptions,
): { end(): Promise<readonly number[]> } {
  const times: number[] = [];
  const inFlight = new Set<Promise<void>>();
  let page = 0;
  const timer = setInterval(() => {
    const at = page++;
    const members = Array.from({ length: pageMembers }, (_, index) => memberAt(((at * 7919 + index) % 200_000) + 1));
    const push = hub
      .push({
        kind: at % 3 === 2 ? 'remove' : 'add',
        cohort: { id: `steady-${at % 5}`, name: `Steady ${at % 5}` },
        members,
      })
      .then((ms) => void times.push(ms))
      .finally(() => inFlight.delete(push));
    inFlight.add(push);
  }, 1000 / pagesPerSecond);
  return {
    async end() {
      clearInterval(timer);
      await Promise.all(inFlight);
      return times;
    },
  };
}

export async function cohortIdOf(hub: CohortHub, partnerId: string): Promise<string> {
  const [row] = await hub.sql<{ id: number }[]>`select id from cohort where partner_id = ${partnerId}`;
  if (!row) throw new Error(`there is no cohort ${partnerId}`);
  return String(row.id);
}

export async function measureCount(hub: CohortHub, what: string, definition: unknown): Promise<Measured> {
  let members = 0;
  const took = await timed(async () => {
    const preview = await previewSegment(hub.admin, definition);
    if (preview.kind !== 'SegmentPreview') throw new Error(preview.message);
    members = preview.memberCount;
  });
  return { what, seconds: took, members };
}

export async function measureSegment(
  hub: CohortHub,
  name: string,
  definition: unknown,
): Promise<Measured & { readonly id: string }> {
  let id = '';
  const took = await timed(async () => {
    const made = await createSegment(hub.admin, { name, definition });
    if (made.kind !== 'Segment') throw new Error(made.message);
    id = made.id;
    await evaluated(hub, id);
  });
  const view = await getSegment(hub.admin, id);
  if (view.kind !== 'Segment') throw new Error(view.message);
  return { what: `segment ${name}, made and evaluated`, seconds: took, members: view.memberCount, id };
}

export async function evaluated(hub: CohortHub, segmentId: string): Promise<void> {
  for (;;) {
    const view = await getSegment(hub.admin, segmentId);
    if (view.kind !== 'Segment') throw new Error(view.message);
    if (!view.isEvaluationDue) return;
    await wait(50);
  }
}

export async function measureExport(hub: CohortHub, segmentId: string, format: ExportFormat): Promise<Measured> {
  let bytes = 0;
  let members = 0;
  const took = await timed(() =>
    exportMembers(hub.databaseUrl, Number(segmentId), format, {
      begin: (about) => void (members = about.members),
      async write(text) {
        bytes += Buffer.byteLength(text);
      },
    }),
  );
  return { what: `export as ${format}`, seconds: took, members, note: `${(bytes / 1e6).toFixed(0)} MB` };
}

/** Reads the segment over and over until told to end; returns the milliseconds of each read. */
export function readAllTheTime(hub: CohortHub, segmentId: string): { end(): Promise<readonly number[]> } {
  const times: number[] = [];
  let over = false;
  const reading = (async () => {
    while (!over) {
      times.push((await timed(() => getSegment(hub.admin, segmentId))) * 1000);
      await wait(20);
    }
  })();
  return {
    async end() {
      over = true;
      await reading;
      return times;
    },
  };
}
