import { setTimeout as wait } from 'node:timers/promises';
import type { CohortReference, Member } from '@currents/connector';
import { createSegment, exportMembers, getSegment, previewSegment } from '@currents/core';
import type { ExportFormat, SegmentView } from '@currents/core';
import { percentile } from '../reading/percentiles.js';
import { expectKind, memberAt, type CohortHub } from './hub.js';
import type { CohortOptions } from './options.js';

export interface Measured {
  readonly what: string;
  readonly seconds: number;
  readonly members?: number;
  readonly note?: string;
}

/** Returns the result of the work and its duration in seconds. */
export async function timed<Value>(work: () => Promise<Value>): Promise<readonly [Value, number]> {
  const startedMs = performance.now();
  const value = await work();
  return [value, (performance.now() - startedMs) / 1000];
}

/** Sends a whole membership, page by page; returns the milliseconds to the response of each page. */
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
  const [median, p99, max] = [0.5, 0.99, 1].map((share) => percentile(times, share).toFixed(0));
  return `answers: median ${median} ms, p99 ${p99} ms, max ${max} ms`;
}

/** Sends pages for other cohorts at a constant rate until `end` is called, which returns the milliseconds to each response. */
export function pushSteadily(hub: CohortHub, { pagesPerSecond, pageMembers }: CohortOptions) {
  const inFlight: Promise<number>[] = [];
  const timer = setInterval(() => {
    const page = inFlight.length;
    const members = Array.from({ length: pageMembers }, (_, index) => memberAt(((page * 7919 + index) % 200_000) + 1));
    const cohort = { id: `steady-${page % 5}`, name: `Steady ${page % 5}` };
    inFlight.push(hub.push({ kind: page % 3 === 2 ? 'remove' : 'add', cohort, members }));
  }, 1000 / pagesPerSecond);
  return {
    end(): Promise<readonly number[]> {
      clearInterval(timer);
      return Promise.all(inFlight);
    },
  };
}

/** Reads the segment repeatedly until `end` is called, which returns the milliseconds of each read. */
export function readAllTheTime(hub: CohortHub, segmentId: string) {
  const times: number[] = [];
  let over = false;
  const reading = (async () => {
    while (!over) {
      const [, seconds] = await timed(() => getSegment(hub.admin, segmentId));
      times.push(seconds * 1000);
      await wait(20);
    }
  })();
  return {
    async end(): Promise<readonly number[]> {
      over = true;
      await reading;
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
  const [preview, seconds] = await timed(() => previewSegment(hub.admin, definition));
  return { what, seconds, members: expectKind('SegmentPreview', preview).memberCount };
}

export async function measureSegment(
  hub: CohortHub,
  name: string,
  definition: unknown,
): Promise<Measured & { readonly id: string }> {
  const [{ id, memberCount }, seconds] = await timed(async () => {
    const made = expectKind('Segment', await createSegment(hub.admin, { name, definition }));
    return evaluated(hub, made.id);
  });
  return { what: `segment ${name}, made and evaluated`, seconds, members: memberCount ?? 0, id };
}

/** Resolves with the segment once it is evaluated. */
export async function evaluated(hub: CohortHub, segmentId: string): Promise<SegmentView> {
  for (; ; await wait(50)) {
    const segment = expectKind('Segment', await getSegment(hub.admin, segmentId));
    if (!segment.isEvaluationDue) return segment;
  }
}

export async function measureExport(hub: CohortHub, segmentId: string, format: ExportFormat): Promise<Measured> {
  let bytes = 0;
  let members = 0;
  const [, seconds] = await timed(() =>
    exportMembers(hub.databaseUrl, Number(segmentId), format, {
      begin: (about) => void (members = about.members),
      async write(text) {
        bytes += Buffer.byteLength(text);
      },
    }),
  );
  return { what: `export as ${format}`, seconds, members, note: `${(bytes / 1e6).toFixed(0)} MB` };
}
