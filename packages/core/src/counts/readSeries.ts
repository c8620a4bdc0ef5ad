import { sql, type SQL } from 'drizzle-orm';
import type { Admin, Queries } from '../admin/admin.js';
import { databaseTime } from '../admin/databaseTime.js';
import { boundOf, QuestionRefused, rowId, storable } from '../admin/page.js';
import { withinTime } from '../admin/withinTime.js';
import { countedSince, instantOf, receivedRows, recentRows } from './countIngest.js';
import { quantile } from './latencyHistogram.js';

export const ingestMetrics = ['received', 'accepted', 'quarantined', 'repeated', 'released'] as const;
export const currentMetrics = ['selected', 'unselected', 'delivered', 'skipped', 'rejected', 'expired'] as const;
const shares = { latency_p50_ms: 0.5, latency_p95_ms: 0.95, latency_p99_ms: 0.99 } as const;

type IngestMetric = (typeof ingestMetrics)[number];
type CurrentMetric = (typeof currentMetrics)[number];
type LatencyMetric = keyof typeof shares;
export type SeriesMetric = IngestMetric | CurrentMetric | LatencyMetric;
export type SeriesResolution = 'minute' | 'hour' | 'day';

export interface SeriesQuestion {
  readonly metrics: readonly SeriesMetric[];
  readonly resolution: SeriesResolution;
  /** For metrics of Currents: by default the sum of all Currents. */
  readonly currentId?: string | undefined;
  /** For what came in: by default the sum of all tokens and types. */
  readonly tokenId?: string | undefined;
  readonly eventType?: string | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

/** Points of all series of an answer. */
export const maxPoints = 2_000;
const steps = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;
const defaultSteps = { minute: 60, hour: 24, day: 14 } as const;

/** By the start of each step, in Unix milliseconds. */
type Values = ReadonlyMap<number, number | undefined>;
type Range = Readonly<Record<'sinceMs' | 'untilMs', number>>;

/**
 * One series for each metric, with a point for each step from `from` to `to`. A step without events has 0 of a count, and
 * no value of a latency. Metrics of Currents are complete up to the last full minute, those of ingest up to now.
 */
export async function readSeries({ db }: Pick<Admin, 'db'>, question: SeriesQuestion) {
  const { metrics, resolution } = question;
  const range = rangeOf(question, question.to ?? (await databaseTime({ db })));
  check(question, range);
  const values = await withinTime({ db }, async (tx) => {
    const all = new Map<SeriesMetric, Values>();
    const among = <Metric extends SeriesMetric>(known: readonly Metric[]): readonly Metric[] =>
      known.filter((metric) => metrics.includes(metric));
    const [ingest, outcomes] = [among(ingestMetrics), among(currentMetrics)];
    const latencies = among(Object.keys(shares) as LatencyMetric[]);
    if (ingest.length > 0) addColumns(all, ingest, await readIngest(tx, question, range));
    if (outcomes.length > 0) addColumns(all, outcomes, await readOutcomes(tx, question, range));
    if (latencies.length > 0) {
      const histograms = await readLatencies(tx, question, range);
      for (const metric of latencies)
        all.set(metric, new Map([...histograms].map(([at, buckets]) => [at, quantile(buckets, shares[metric])])));
    }
    return all;
  });
  return {
    resolution,
    countedSince: await countedSince({ db }),
    series: metrics.map((metric) => ({ metric, points: pointsOf(values.get(metric), metric, resolution, range) })),
  };
}

function rangeOf({ resolution, from }: SeriesQuestion, to: Date): Range {
  const stepMs = steps[resolution];
  const untilMs = Math.ceil(+boundOf(to) / stepMs) * stepMs;
  const sinceMs = from ? Math.floor(+boundOf(from) / stepMs) * stepMs : untilMs - defaultSteps[resolution] * stepMs;
  return { sinceMs, untilMs };
}

const stepsIn = (resolution: SeriesResolution, { sinceMs, untilMs }: Range): number =>
  (untilMs - sinceMs) / steps[resolution];

/** How many points the answer would have, at most one more than is allowed. An estimate, where it is asked for up to now. */
export function countPoints(question: SeriesQuestion): number {
  const points = stepsIn(question.resolution, rangeOf(question, question.to ?? new Date())) * question.metrics.length;
  return Math.max(0, Math.min(points, maxPoints + 1));
}

function check({ metrics, resolution, currentId, tokenId, eventType }: SeriesQuestion, { sinceMs, untilMs }: Range) {
  if (sinceMs >= untilMs) throw new QuestionRefused('from: expected a time before to, got a later one');
  if (metrics.length === 0 || new Set(metrics).size < metrics.length)
    throw new QuestionRefused('metrics: expected at least one metric, and each once');
  const points = stepsIn(resolution, { sinceMs, untilMs }) * metrics.length;
  if (points > maxPoints)
    throw new QuestionRefused(
      `expected at most ${maxPoints} points in all series, got ${points}; choose a coarser resolution, a shorter time or fewer metrics`,
    );
  const isOfIngest = (metric: SeriesMetric): boolean => (ingestMetrics as readonly string[]).includes(metric);
  if (currentId !== undefined && metrics.some(isOfIngest))
    throw new QuestionRefused('currentId: expected metrics of a Current, got one of what came in');
  if ((tokenId !== undefined || eventType !== undefined) && !metrics.every(isOfIngest))
    throw new QuestionRefused('ingestTokenId, eventType: expected metrics of what came in, got one of a Current');
  if (resolution === 'minute' && tokenId !== undefined && eventType !== undefined)
    throw new QuestionRefused('expected ingestTokenId or eventType, got both, of which minutes are not counted');
}

type ColumnRow = { readonly ms: number } & Readonly<Record<string, number>>;

async function readIngest(
  tx: Queries,
  { resolution, tokenId, eventType }: SeriesQuestion,
  { sinceMs, untilMs }: Range,
): Promise<readonly ColumnRow[]> {
  const [from, to] = [instantOf(sinceMs), instantOf(untilMs)];
  const chosen = [sql`true`];
  if (tokenId !== undefined) chosen.push(sql`token_id = ${rowId(tokenId) ?? 0}`);
  if (eventType !== undefined) chosen.push(sql`event_type = ${storable(eventType)}`);
  const byType = eventType !== undefined;
  const minutes = sql`
    select minute as at, ${byType ? sql`null::int` : sql`key::int`} as token_id, ${byType ? sql`key` : sql`null`} as event_type,
      accepted, quarantined, repeated, released
    from ingest_minute where dimension = ${byType ? 'event_type' : 'token'} and minute >= ${from} and minute < ${to}
    union all
    ${recentRows(from, to)}`;
  return tx.execute<ColumnRow>(sql`
    select ${stepOf(resolution)} as ms, sum(accepted + quarantined + repeated)::float8 as received,
      sum(accepted)::float8 as accepted, sum(quarantined)::float8 as quarantined,
      sum(repeated)::float8 as repeated, sum(released)::float8 as released
    from (${resolution === 'minute' ? minutes : receivedRows(from, to)}) r
    where ${sql.join(chosen, sql` and `)} group by 1`);
}

/** The rows of a Current, or of all, by their primary key, which begins with the Current. */
function rowsOf(
  table: 'current_count' | 'latency_count',
  { resolution, currentId }: SeriesQuestion,
  range: Range,
): SQL {
  return sql`
    from current c join ${sql.raw(table)} t on t.current_id = c.id
      and t.resolution = ${resolution === 'minute' ? 'minute' : 'hour'}
      and t.at >= ${instantOf(range.sinceMs)} and t.at < ${instantOf(range.untilMs)}
    ${currentId === undefined ? sql`` : sql`where c.id = ${rowId(currentId) ?? 0}`}`;
}

async function readOutcomes(tx: Queries, question: SeriesQuestion, range: Range): Promise<readonly ColumnRow[]> {
  const sums = sql.join(
    currentMetrics.map((metric) => sql.raw(`sum(t.${metric})::float8 as ${metric}`)),
    sql`, `,
  );
  return tx.execute<ColumnRow>(
    sql`select ${stepOf(question.resolution)} as ms, ${sums} ${rowsOf('current_count', question, range)} group by 1`,
  );
}

async function readLatencies(tx: Queries, question: SeriesQuestion, range: Range) {
  const rows = await tx.execute<{ ms: number; bucket: number; events: number }>(sql`
    select ms, b.key::int as bucket, sum(b.value::bigint)::float8 as events
    from (select ${stepOf(question.resolution)} as ms, t.buckets ${rowsOf('latency_count', question, range)}) h,
      jsonb_each_text(h.buckets) b
    group by 1, 2`);
  const histograms = new Map<number, Map<number, number>>();
  for (const { ms, bucket, events } of rows) {
    let buckets = histograms.get(ms);
    if (!buckets) histograms.set(ms, (buckets = new Map<number, number>()));
    buckets.set(bucket, events);
  }
  return histograms;
}

/** The start of the step of the column `at`, in Unix milliseconds. */
function stepOf(resolution: SeriesResolution): SQL {
  return sql.raw(`extract(epoch from date_trunc('${resolution}', at))::float8 * 1000`);
}

function addColumns(all: Map<SeriesMetric, Values>, metrics: readonly SeriesMetric[], rows: readonly ColumnRow[]) {
  for (const metric of metrics) all.set(metric, new Map(rows.map((row) => [row.ms, row[metric]])));
}

function pointsOf(values: Values | undefined, metric: SeriesMetric, resolution: SeriesResolution, range: Range) {
  const empty = metric in shares ? undefined : 0;
  const points: { readonly at: Date; readonly value: number | undefined }[] = [];
  for (let ms = range.sinceMs; ms < range.untilMs; ms += steps[resolution])
    points.push({ at: new Date(ms), value: values?.get(ms) ?? empty });
  return points;
}
