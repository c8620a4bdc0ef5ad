import { decodeText } from './decodeText.js';
import type { CatalogueEvent } from './event.js';
import type { EventType } from './eventType.js';
import { describeFault } from './jsonFault.js';
import {
  describeShape,
  isBundle,
  isEvent,
  openIntake,
  takeItem,
  takeLine,
  tooManyEvents,
  type Intake,
} from './intake.js';
import { readInSteps, type AcceptedPart } from './readInSteps.js';
import type { RefusalCode } from './refusal.js';
import { takeExactly } from './takeText.js';
import { mayBeIllFormed } from './wellFormed.js';

export type BodyFormat = 'json' | 'ndjson';

/** The contents of a body, or why it cannot be read. */
export type Reading = Taken | { readonly unreadable: Unreadable };

export interface Taken {
  /** Accepted events, in order. */
  readonly events: readonly CatalogueEvent[];
  /** The type of each accepted event, at the same index. */
  readonly types: readonly EventType[];
  readonly quarantined: readonly Quarantined[];
  /** Of the ids of the accepted events, see `addFingerprints`; none unless they were asked for. */
  readonly fingerprints: readonly number[];
  /**
   * JSON of exactly the accepted events, for `readStored`. Of a short text it is that text itself if it contains nothing
   * else, so a caller that compares the two may store the received bytes.
   */
  readonly json: string;
}

export interface Quarantined {
  /** Index among everything in the body, from 0. */
  readonly position: number;
  readonly code: RefusalCode;
  readonly detail: string;
  /** JSON of what was refused, or the line if it is not JSON. Contains no NUL. */
  readonly raw: string;
  /** As it says, see `typeOfRefused`; undefined unless fingerprints were asked for. */
  readonly eventType?: string | undefined;
  /** Of the ids that it has, see `readRefused`; undefined unless they were asked for. */
  readonly fingerprints?: readonly number[];
}

/** Why a body as a whole cannot be read: code → a sentence. */
export const unreadableCodes = {
  malformed_json: 'The body is not JSON.',
  wrong_shape: 'The body is JSON, but neither an event nor a list of events.',
  too_many_events: 'The body has more events than a request may have.',
} as const;

export interface Unreadable {
  readonly code: keyof typeof unreadableCodes;
  readonly detail: string;
}

export interface ReadOptions {
  /** A body with more events, the quarantined ones included, is unreadable. */
  readonly maxEvents?: number;
  /** Whether to take the fingerprints of the ids of all events, and the types of the quarantined ones. */
  readonly withFingerprints?: boolean;
}

/** Longer bodies are read in steps. */
export const maxCharactersAtOnce = 256 * 1024;

/**
 * Reads a request body. As `json`: `{"events":[…]}`, one event, or a list of either. As `ndjson`: an event or
 * `{"events":[…]}` per line. An empty body has no events. An invalid event is quarantined and affects no other.
 * @param body text, or bytes that may not be UTF-8.
 */
export function readBody(body: string | Buffer, format: BodyFormat, options: ReadOptions = {}): Reading {
  if (typeof body === 'string' && body.length <= maxCharactersAtOnce) return readAtOnce(body, format, options);
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const jsons: string[] = [];
  const onAccepted = ({ json }: AcceptedPart): void => void jsons.push(decodeText(json));
  const steps = readInSteps(bytes, format, { ...options, keepEvents: true, onAccepted });
  for (let step = steps.next(); ; step = steps.next()) {
    if (!step.done) continue;
    return 'unreadable' in step.value ? step.value : { ...step.value, json: `[${jsons.join(',')}]` };
  }
}

function readAtOnce(text: string, format: BodyFormat, options: ReadOptions): Reading {
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text;
  if (!/\S/.test(body)) return { events: [], types: [], quarantined: [], fingerprints: [], json: '[]' };
  return format === 'ndjson' ? readLines(body, options) : readWhole(body, options);
}

function readWhole(body: string, options: ReadOptions): Reading {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { unreadable: { code: 'malformed_json', detail: describeFault(body) } };
  }
  const intake = openIntakeOf(body, options);
  if (!Array.isArray(value) && !isBundle(value) && !isEvent(value))
    return { unreadable: { code: 'wrong_shape', detail: describeShape(value) } };
  takeExactly(intake, body, 'body', () => {
    if (Array.isArray(value)) for (const item of value) takeItem(intake, item);
    else takeItem(intake, value);
  });
  return close(intake, body);
}

function readLines(body: string, options: ReadOptions): Reading {
  const intake = openIntakeOf(body, options);
  const lines: string[] = [];
  takeExactly(intake, body, 'lines', () => {
    for (let start = 0; start < body.length && !intake.isOver;) {
      const newline = body.indexOf('\n', start);
      const end = newline < 0 ? body.length : newline;
      const line = body.slice(start, end);
      start = end + 1;
      if (!/\S/.test(line)) continue;
      lines.push(line);
      takeLine(intake, line);
    }
  });
  return close(intake, lines.length === 1 ? lines[0]! : `[${lines.join(',')}]`);
}

function openIntakeOf(body: string, options: ReadOptions): Intake {
  return { ...openIntake(options), mayBeIllFormed: mayBeIllFormed(body) };
}

function close(intake: Intake, json: string): Reading {
  const { events, types, quarantined, fingerprints = [], isUnchanged } = intake;
  if (intake.isOver) return { unreadable: tooManyEvents(intake) };
  return { events, types, quarantined, fingerprints, json: isUnchanged ? json : JSON.stringify(events) };
}
