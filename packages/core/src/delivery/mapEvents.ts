import type { RateLimit } from '@currents/connector';
import type { CatalogueEvent } from '@currents/schema';
import type { Segment } from '../batch/batch.js';
import { nothingToDo, type Names } from '../budget/sampling.js';
import { WrittenRun } from './jsonChunk.js';
import { errorKind, type Line } from './attemptContext.js';
import { Seated } from './deliveryItem.js';
import type { Track } from './attempt.js';

type Limits = Pick<RateLimit<unknown>, 'events' | 'eventBytes' | 'budgets'>;

export interface Mapping {
  /** Maps the due events of one delivery. What is not sent is noted at once. */
  map(track: Track, segments: readonly Segment[]): void;
  /** What is to be sent of all deliveries mapped, in order. */
  items(): readonly Seated[];
}

/** An event mapped and not yet written. */
interface Draft {
  readonly id: string;
  readonly payload: unknown;
  readonly names: Names;
  /** As how many it counts for its keys. */
  readonly drawn: number;
  readonly track: Track;
  readonly position: number;
}

const noNames: Names = [];

/** Payloads written in one go: enough to make each cheap, and so few that they are gone before the next ones come. */
const mostInRun = 100;

/** Within one mapping, an id that comes again is a duplicate. */
export function startMapping({ events: mostEvents, eventBytes, budgets }: Limits, line: Line): Mapping {
  const { connector, settings } = line;
  const ids = new Set<string>();
  const items: Seated[] = [];
  const count = line.budgets?.startCount(budgets);
  let drafts: Draft[] = [];
  let lastNames = noNames;

  /** Neighbours often count for the same keys; then they share one list of them. */
  function namesOf(payload: unknown): Names {
    const names: (string | undefined)[] = [];
    let isAsLast = true;
    for (const budget of budgets) {
      const key = budget.key(payload);
      isAsLast &&= key === lastNames[names.length];
      names.push(key);
    }
    return isAsLast ? lastNames : (lastNames = names);
  }

  function take(track: Track, position: number, event: CatalogueEvent): void {
    const { id } = event;
    if (ids.has(id)) return track.skip(position, 'duplicate');
    let mapped;
    const drawn = count ? count.draw(!track.turns.has(position)) : 0;
    let names = noNames;
    try {
      mapped = connector.map(event, settings);
      if (drawn > 0 && 'payload' in mapped) names = namesOf(mapped.payload);
    } catch (error) {
      return buryBroken(track, position, error);
    }
    if ('skip' in mapped) return track.skip(position, mapped.skip);
    if ('reject' in mapped)
      return track.bury(position, { outcome: 'rejected', code: mapped.reject, detail: mapped.detail });
    ids.add(id);
    drafts.push({ id, payload: mapped.payload, names, drawn, track, position });
    if (drafts.length >= Math.min(mostInRun, mostEvents)) endRun();
  }

  function endRun(): void {
    if (drafts.length === 0) return;
    const run = tryToWrite(drafts);
    if (run && run.json.length <= eventBytes) seat(drafts, run);
    else for (const draft of drafts) writeAlone(draft);
    drafts = [];
  }

  /** One of its run is too large, or cannot be written: it must not cost the others anything. */
  function writeAlone(draft: Draft): void {
    const { track, position } = draft;
    let run;
    try {
      run = write([draft]);
    } catch (error) {
      return buryBroken(track, position, error);
    }
    if (run.json.length <= eventBytes) return seat([draft], run);
    const detail = `${connector.label} takes events of up to ${eventBytes} bytes; this one has ${run.json.length}`;
    track.bury(position, { outcome: 'rejected', code: 'event_too_large', detail });
  }

  function seat(written: readonly Draft[], run: WrittenRun): void {
    const bytes = run.json.length / written.length;
    for (let place = 0; place < written.length; place++) {
      const { id, names, drawn, track, position } = written[place] as Draft;
      const counted = count && drawn > 0 ? count.take(names, drawn, bytes, !track.turns.has(position)) : nothingToDo;
      items.push(new Seated(id, run, place, counted, track, position));
    }
  }

  return {
    map(track, segments) {
      const { due } = track;
      let next = 0;
      let first = 0;
      for (const segment of segments) {
        const end = first + segment.count;
        // What nothing is due of is not even parsed.
        const events = next < due.length && (due[next] as number) < end ? segment.read() : [];
        for (; next < due.length && (due[next] as number) < end; next++) {
          const position = due[next] as number;
          take(track, position, events[position - first] as CatalogueEvent);
        }
        first = end;
      }
    },
    items() {
      endRun();
      return items;
    },
  };
}

function tryToWrite(drafts: readonly Draft[]): WrittenRun | undefined {
  try {
    return write(drafts);
  } catch {
    return undefined;
  }
}

function write(drafts: readonly Draft[]): WrittenRun {
  return new WrittenRun(
    drafts.map(({ id }) => id),
    drafts.map(({ payload }) => payload),
  );
}

function buryBroken(track: Track, position: number, error: unknown): void {
  track.bury(position, {
    outcome: 'rejected',
    code: 'map_threw',
    detail: `the connector failed on this event: ${errorKind(error)}`,
  });
}
