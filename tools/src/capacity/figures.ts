import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { units, type PerUnit } from './units.js';

/** The committed figures, which are the defaults. */
export const figuresFile = fileURLToPath(new URL('../../../docs/capacity-figures.json', import.meta.url));

const amount = z.number().min(0);
const perUnit: z.ZodType<PerUnit> = z.strictObject(
  Object.fromEntries(units.map((unit) => [unit, amount])) as Record<keyof PerUnit, typeof amount>,
);

/** What the units cost: CPU in µs of api, worker and Postgres, bytes of WAL, and bytes that stay in tables and indexes. */
export const resources = ['api', 'worker', 'postgres', 'wal', 'stored'] as const;
export type Resource = (typeof resources)[number];

const machine = z.strictObject({
  processor: z.string(),
  cores: z.number().int().positive(),
  node: z.string(),
  postgres: z.string(),
});

const run = z.strictObject({
  name: z.string(),
  eventsPerSecond: amount,
  requestEvents: amount,
  currents: amount,
  work: perUnit,
  cost: z.partialRecord(z.enum(resources), amount),
});

const figures = z.strictObject({
  /** The commit that was measured. */
  commit: z.string(),
  machine,
  /** The load average of the last minute when the measurement began: what else ran on the machine. */
  loadBefore: amount,
  /** How each group of figures was obtained. */
  sources: z.record(z.string(), z.string()),
  costs: z.strictObject(
    Object.fromEntries(resources.map((resource) => [resource, perUnit])) as Record<Resource, typeof perUnit>,
  ),
  /** The largest relative error of the costs, over all runs. */
  fitErrors: z.partialRecord(z.enum(resources), amount),
  /** JSON of an event in a request, in bytes. */
  eventBytes: z.number().positive(),
  /** An event in a compressed request to the partner, in bytes. */
  partnerEventBytes: z.number().positive(),
  /** JSON of an event in a request to the partner, before compression, in bytes. */
  partnerJsonBytes: z.number().positive(),
  /** The index entry of a request's hash, in bytes. */
  requestIndexBytes: amount,
  /** The time that the disk takes for a small synchronous write, in ms. */
  fsyncMs: z.number().positive(),
  /** The most that a process of the hub may have open to Postgres. */
  connectionsPerProcess: z.number().positive(),
  /** Commands of wake-ups, for each Current. */
  redisCallsPerCurrentSecond: amount,
  /** Commands of rate limits, for each request to the partner. */
  redisCallsPerPartnerRequest: amount,
  /** What was measured. */
  runs: z.array(run),
});

export type Figures = z.infer<typeof figures>;
export type Run = Figures['runs'][number];
export type Machine = Figures['machine'];

/** Parses figures. Throws with the path of each value that is not as expected. */
export function parseFigures(text: string): Figures {
  const parsed = figures.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`);
  throw new Error(`expected figures of npm run capacity -- --measure; ${issues.slice(0, 3).join('; ')}`);
}

export async function readDefaultFigures(): Promise<Figures> {
  return parseFigures(await readFile(figuresFile, 'utf8'));
}

/** A cost that replaces a measured one. */
export interface UnitCost {
  readonly resource: Resource;
  readonly unit: keyof PerUnit;
  readonly cost: number;
}

export function withCosts(given: Figures, replaced: readonly UnitCost[]): Figures {
  const costs: Record<Resource, PerUnit> = { ...given.costs };
  for (const { resource, unit, cost } of replaced) costs[resource] = { ...costs[resource], [unit]: cost };
  return { ...given, costs };
}

/**
 * The figures for events of another size. What is done with the bytes of an event costs in proportion to them; one byte of
 * outcome per event and Current, and everything per request, commit and delivery, stay.
 */
export function withEventBytes(given: Figures, eventBytes: number): Figures {
  const factor = eventBytes / given.eventBytes;
  const scaled = (costs: PerUnit, names: readonly (keyof PerUnit)[]): PerUnit => ({
    ...costs,
    ...Object.fromEntries(names.map((unit) => [unit, costs[unit] * factor])),
  });
  const { api, worker, postgres, wal, stored } = given.costs;
  return {
    ...given,
    eventBytes,
    partnerEventBytes: given.partnerEventBytes * factor,
    partnerJsonBytes: given.partnerJsonBytes * factor,
    costs: {
      api: scaled(api, ['event']),
      worker: scaled(worker, ['deliveredEvent']),
      postgres: scaled(postgres, ['event', 'deliveredEvent']),
      wal: scaled(wal, ['event']),
      stored: scaled(stored, ['event']),
    },
  };
}
