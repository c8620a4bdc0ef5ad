import { BatchUnreadable } from '../batch/batch.js';
import type { BatchReader } from '../batch/batchReader.js';
import { Outcome, outcomeName } from '../batch/outcome.js';
import type { AttemptResult } from '../delivery/record.js';
import { isWantedBy, maxIdLength, type TailFilter, type TailItem, type TailKind } from './tailItem.js';
import type { TailSampler } from './tailSampler.js';

/** Deliveries that wait to be looked into: their batches are read once more, one at a time. */
const maxWaiting = 8;
/** Pause after each, so that a worker reads at most some batches a second for the tail. */
const pauseMs = 200;

interface Recorded {
  readonly currentId: number;
  readonly occurredAtMs: number;
  readonly result: AttemptResult;
}

export type RecordedTap = ReturnType<typeof createRecordedTap>;

/**
 * Counts the outcomes that a worker has recorded, and samples them with ids and types. An attempt knows its events only by
 * their positions when it ends, so these are read from the batch, beside the deliveries and not within them.
 */
export function createRecordedTap({
  sampler,
  batchReader,
  onError,
}: {
  readonly sampler: TailSampler;
  readonly batchReader: Pick<BatchReader, 'read'>;
  readonly onError: (error: unknown) => void;
}) {
  const waiting: Recorded[] = [];
  let isStopped = false;
  let working: Promise<void> | undefined;

  async function work(): Promise<void> {
    for (let next = waiting.shift(); next && !isStopped; next = waiting.shift()) {
      try {
        for (const item of await sample(next)) sampler.offer(item);
      } catch (error) {
        onError(error);
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs).unref());
    }
  }

  async function sample({ currentId, occurredAtMs, result }: Recorded): Promise<readonly TailItem[]> {
    const outcomes = namedOutcomes(result).map((outcome) => ({ ...outcome, occurredAtMs, currentId, tokenId: null }));
    const filters = sampler.openFilters().filter((filter) => wantsOneOf(filter, outcomes));
    if (filters.length === 0) return [];
    const [slices] = await batchReader.read([result.delivery]);
    if (slices === undefined || slices instanceof BatchUnreadable) return [];
    // One slice, around an outcome that one of them wants: to parse all would take as long as to deliver them.
    const filter = anyOf(filters);
    const { position } = anyOf(outcomes.filter((outcome) => isWantedBy(withoutType(filter), asItem(outcome))));
    let start = 0;
    for (const slice of slices) {
      if (position < start + slice.count) {
        const events = slice.read();
        const within = outcomes.filter(
          (outcome) => outcome.position >= start && outcome.position < start + slice.count,
        );
        return shuffled(within).flatMap((outcome) => {
          const event = events[outcome.position - start];
          return event
            ? { ...asItem(outcome), eventType: event.event_type, eventId: event.id.slice(0, maxIdLength) }
            : [];
        });
      }
      start += slice.count;
    }
    return [];
  }

  return {
    /** Called after the commit, while the tail is wanted. Keeps a few of the results for a moment, and returns at once. */
    recorded(currentId: number, results: readonly AttemptResult[]): void {
      const counts = countByKind(results);
      sampler.saw((filter) => countFor(filter, currentId, counts));
      const filters = sampler.openFilters();
      for (const result of results) {
        if (waiting.length >= maxWaiting) break;
        const kinds = countByKind([result]);
        if (!filters.some((filter) => countFor(withoutType(filter), currentId, kinds) > 0)) continue;
        waiting.push({ currentId, occurredAtMs: Date.now(), result });
      }
      if (waiting.length > 0 && !isStopped) working ??= work().finally(() => void (working = undefined));
    },
    async stop(): Promise<void> {
      isStopped = true;
      waiting.length = 0;
      await working;
    },
  };
}

type NamedOutcome = Pick<TailItem, 'kind' | 'code'> & { readonly position: number };
type PlacedOutcome = NamedOutcome & Pick<TailItem, 'occurredAtMs' | 'currentId' | 'tokenId'>;

function asItem({ kind, code, occurredAtMs, currentId, tokenId }: PlacedOutcome): TailItem {
  return { kind, code, occurredAtMs, currentId, tokenId, eventType: null, eventId: null };
}

/** The events that became final in an attempt. */
function namedOutcomes({ delivery, outcomes, skipReasons, deadLetters }: AttemptResult): readonly NamedOutcome[] {
  const codes = new Map(deadLetters.flatMap(({ code, positions }) => positions.map((position) => [position, code])));
  const named: NamedOutcome[] = [];
  for (let position = 0; position < outcomes.length; position++) {
    const byte = outcomes[position] as number;
    if (byte === delivery.outcomes[position]) continue;
    const code = byte >= Outcome.skipped ? skipReasons[byte - Outcome.skipped] : codes.get(position);
    named.push({ position, kind: outcomeName(byte) as TailKind, code: code ?? null });
  }
  return named;
}

function countByKind(results: readonly AttemptResult[]): ReadonlyMap<string | undefined, number> {
  const bytes = new Uint32Array(256);
  for (const { delivery, outcomes } of results)
    for (let position = 0; position < outcomes.length; position++) {
      const byte = outcomes[position] as number;
      if (byte !== delivery.outcomes[position]) bytes[byte] = (bytes[byte] as number) + 1;
    }
  const counts = new Map<string | undefined, number>();
  for (const [byte, count] of bytes.entries())
    if (count > 0) counts.set(outcomeName(byte), (counts.get(outcomeName(byte)) ?? 0) + count);
  return counts;
}

/** How many outcomes meet a filter. None for one by type: types are not known without the events. */
function countFor(
  { kinds, currentId, eventType }: TailFilter,
  ofCurrentId: number,
  counts: ReadonlyMap<string | undefined, number>,
): number {
  if (eventType !== undefined || (currentId !== undefined && currentId !== ofCurrentId)) return 0;
  let sum = 0;
  for (const [name, count] of counts) if (kinds === undefined || kinds.includes(name as TailKind)) sum += count;
  return sum;
}

function withoutType({ kinds, currentId }: TailFilter): TailFilter {
  return { kinds, currentId };
}

function wantsOneOf(filter: TailFilter, outcomes: readonly PlacedOutcome[]): boolean {
  return outcomes.some((outcome) => isWantedBy(withoutType(filter), asItem(outcome)));
}

function anyOf<Value>(values: readonly Value[]): Value {
  return values[Math.floor(Math.random() * values.length)] as Value;
}

/** Fisher and Yates. */
function shuffled<Value>(values: readonly Value[]): readonly Value[] {
  const all = [...values];
  for (let last = all.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [all[last], all[other]] = [all[other] as Value, all[last] as Value];
  }
  return all;
}
