import { checkEvent } from './checkEvent.js';
import { maxLevels, nestsBeyond, writeJson } from './depth.js';
import type { CatalogueEvent } from './event.js';
import type { EventType } from './eventType.js';
import { addFingerprints } from './fingerprint.js';
import { describeFault } from './jsonFault.js';
import type { Quarantined, ReadOptions, Unreadable } from './readBody.js';
import { isRefusal, kindOf, refusalCodes, type RefusalCode } from './refusal.js';
import { readBroken, typeOfRefused } from './refusedEvent.js';
import { wellFormed } from './wellFormed.js';

/** Starts the reading of a body, or of the part of one whose events are counted together. */
export function openIntake({ maxEvents = Infinity, withFingerprints = false }: ReadOptions) {
  return {
    events: [] as CatalogueEvent[],
    types: [] as EventType[],
    quarantined: [] as Quarantined[],
    /** Of the ids of accepted events, as far as `takeExactly` has added them; undefined unless they were asked for. */
    fingerprints: withFingerprints ? ([] as number[]) : undefined,
    /** Whether the text that is taken next may contain a lone surrogate. */
    mayBeIllFormed: false,
    /** Whether a number was met whose digits may be lost: see `takeExactly`. */
    mayLoseDigits: false,
    position: 0,
    /** Whether all events were accepted without a change. */
    isUnchanged: true,
    maxEvents,
    /** Whether there are more than `maxEvents`; then nothing else is taken. */
    isOver: false,
    /** Faults of JSON are searched only for the first events at fault, and only in so many characters. */
    describable: { events: 100, characters: 100_000 },
  };
}

/** What has been read so far. */
export type Intake = ReturnType<typeof openIntake>;

/** Takes a line, which is quarantined if it is not JSON. */
export function takeLine(intake: Intake, line: string): void {
  if (isFull(intake)) return;
  let item: unknown;
  try {
    item = JSON.parse(line);
  } catch {
    return quarantine(intake, 'malformed_json', describeLine(intake, line), line.replaceAll('\0', '\uFFFD'));
  }
  takeItem(intake, item);
}

function describeLine({ describable }: Intake, line: string): string {
  if (describable.events === 0 || line.length > describable.characters) return refusalCodes.malformed_json;
  describable.events -= 1;
  describable.characters -= line.length;
  return describeFault(line);
}

/** Takes an event, or all events of a bundle. */
export function takeItem(intake: Intake, item: unknown): void {
  if (isBundle(item)) for (const value of item.events) take(intake, value);
  else take(intake, item);
}

/** Takes an event; an invalid one is quarantined. */
export function take(intake: Intake, value: unknown): void {
  if (isFull(intake)) return;
  const answer = checkEvent(value, intake);
  if (isRefusal(answer)) {
    nestsBeyond(maxLevels, [value], intake);
    return quarantine(intake, answer.code, answer.detail, writeJson(value), value);
  }

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

/** Adds an event to the quarantine; `raw` must contain no NUL. `value` is what it says; undefined if it is not JSON. */
export function quarantine(intake: Intake, code: RefusalCode, detail: string, raw: string, value?: unknown): void {
  if (isFull(intake)) return;
  const { position } = intake;
  if (intake.fingerprints) {
    const said = value === undefined ? readBroken(raw) : value;
    const fingerprints: number[] = [];
    addFingerprints(said, fingerprints);
    intake.quarantined.push({ position, code, detail, raw, eventType: typeOfRefused(said), fingerprints });
  } else intake.quarantined.push({ position, code, detail, raw });
  intake.position += 1;
  intake.isUnchanged = false;
}

/** Whether the next event is one too many. */
export function isFull(intake: Intake): boolean {
  if (intake.position >= intake.maxEvents) intake.isOver = true;
  return intake.isOver;
}

/** What a body is refused with that has more events than a request may have. */
export function tooManyEvents({ maxEvents }: Pick<Intake, 'maxEvents'>): Unreadable {
  const detail = `expected at most ${maxEvents} events, got more; nothing of them is stored, send several smaller requests`;
  return { code: 'too_many_events', detail };
}

/** `{"events":[…]}`. A value with an event_type is an event. */
export function isBundle(value: unknown): value is { readonly events: readonly unknown[] } {
  return hasFields(value) && value['event_type'] === undefined && Array.isArray(value['events']);
}

/** Whether a value says that it is an event. */
export function isEvent(value: unknown): boolean {
  return hasFields(value) && value['event_type'] !== undefined;
}

function hasFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** What was expected instead of a value that is neither an event nor a list of events. */
export function describeShape(value: unknown): string {
  const events = hasFields(value) ? value['events'] : undefined;
  const got = !hasFields(value)
    ? kindOf(value)
    : events === undefined
      ? 'an object with neither events nor event_type'
      : `an object whose events are ${kindOf(events)}`;
  return `expected {"events":[…]}, an event with its event_type, or a list of either, got ${got}`;
}
