import { checkEvent } from './checkEvent.js';
import { writeJson } from './depth.js';
import type { CatalogueEvent } from './event.js';
import type { EventType } from './eventType.js';
import { describeFault } from './jsonFault.js';
import { isRefusal, kindOf, type RefusalCode } from './refusal.js';
import { mayBeIllFormed, wellFormed } from './wellFormed.js';

export type BodyFormat = 'json' | 'ndjson';

/** The contents of a body, or why it cannot be read. */
export type Reading = Taken | { readonly unreadable: Unreadable };

export interface Taken {
  /** Accepted events, in order. */
  readonly events: readonly CatalogueEvent[];
  /** The type of each accepted event, at the same index. */
  readonly types: readonly EventType[];
  readonly quarantined: readonly Quarantined[];
  /**
   * JSON of exactly the accepted events, for `readStored`. It is the received text itself if that contains nothing else,
   * so a caller that compares the two may store the received bytes.
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
}

/** Why a body as a whole cannot be read: code → a sentence. */
export const unreadableCodes = {
  malformed_json: 'The body is not JSON.',
  wrong_shape: 'The body is JSON, but neither an event nor a list of events.',
} as const;

export interface Unreadable {
  readonly code: keyof typeof unreadableCodes;
  readonly detail: string;
}

/**
 * Reads a request body. As `json`: `{"events":[…]}`, one event, or a list of either. As `ndjson`: an event or
 * `{"events":[…]}` per line. An empty body has no events. An invalid event is quarantined and affects no other.
 */
export function readBody(text: string, format: BodyFormat): Reading {
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text;
  if (!/\S/.test(body)) return { events: [], types: [], quarantined: [], json: '[]' };
  return format === 'ndjson' ? readLines(body) : readWhole(body);
}

function readWhole(body: string): Reading {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { unreadable: { code: 'malformed_json', detail: describeFault(body) } };
  }
  const intake = openIntake(body);
  if (Array.isArray(value)) for (const item of value) takeItem(intake, item);
  else if (isBundle(value) || isEvent(value)) takeItem(intake, value);
  else return { unreadable: { code: 'wrong_shape', detail: describeShape(value) } };
  return close(intake, body);
}

function readLines(body: string): Reading {
  const intake = openIntake(body);
  const lines = body.split('\n').filter((line) => /\S/.test(line));
  for (const line of lines) {
    let item: unknown;
    try {
      item = JSON.parse(line);
    } catch {
      quarantine(intake, 'malformed_json', describeFault(line), line.replaceAll('\0', '\uFFFD'));
      continue;
    }
    takeItem(intake, item);
  }
  return close(intake, lines.length === 1 ? lines[0]! : `[${lines.join(',')}]`);
}

function openIntake(body: string) {
  return {
    events: [] as CatalogueEvent[],
    types: [] as EventType[],
    quarantined: [] as Quarantined[],
    mayBeIllFormed: mayBeIllFormed(body),
    position: 0,
    /** Whether all events were accepted without a change. */
    isUnchanged: true,
  };
}

/** What has been read so far. */
type Intake = ReturnType<typeof openIntake>;

function takeItem(intake: Intake, item: unknown): void {
  if (isBundle(item)) for (const value of item.events) take(intake, value);
  else take(intake, item);
}

function take(intake: Intake, value: unknown): void {
  const answer = checkEvent(value);
  if (isRefusal(answer)) return quarantine(intake, answer.code, answer.detail, writeJson(value));

  let event = value as { -readonly [Key in keyof CatalogueEvent]: CatalogueEvent[Key] };
  if (event.event_type !== answer.name) {
    event.event_type = answer.name;
    intake.isUnchanged = false;
  }
  if (event.user === undefined || event.user === null) {
    event.user = {};
    intake.isUnchanged = false;
  }
  if (event.properties === undefined || event.properties === null) {
    event.properties = {};
    intake.isUnchanged = false;
  }
  if (intake.mayBeIllFormed) {
    const repaired = wellFormed(event);
    if (repaired !== event) intake.isUnchanged = false;
    event = repaired;
  }
  intake.position += 1;
  intake.events.push(event);
  intake.types.push(answer);
}

function quarantine(intake: Intake, code: RefusalCode, detail: string, raw: string): void {
  intake.quarantined.push({ position: intake.position, code, detail, raw });
  intake.position += 1;
  intake.isUnchanged = false;
}

function close({ events, types, quarantined, isUnchanged }: Intake, json: string): Taken {
  return { events, types, quarantined, json: isUnchanged ? json : JSON.stringify(events) };
}

/** `{"events":[…]}`. A value with an event_type is an event. */
function isBundle(value: unknown): value is { readonly events: readonly unknown[] } {
  return hasFields(value) && value['event_type'] === undefined && Array.isArray(value['events']);
}

function isEvent(value: unknown): boolean {
  return hasFields(value) && value['event_type'] !== undefined;
}

function hasFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function describeShape(value: unknown): string {
  const events = hasFields(value) ? value['events'] : undefined;
  const got = !hasFields(value)
    ? kindOf(value)
    : events === undefined
      ? 'an object with neither events nor event_type'
      : `an object whose events are ${kindOf(events)}`;
  return `expected {"events":[…]}, an event with its event_type, or a list of either, got ${got}`;
}
