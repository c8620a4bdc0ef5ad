import { decodeInSteps, decodeReceived, decodeUtf8, startOfCharacter } from './decodeText.js';
import {
  describeShape,
  openIntake,
  quarantine,
  take,
  takeItem,
  takeLine,
  tooManyEvents,
  type Intake,
} from './intake.js';
import { describeFault, describePlaceInBytes } from './jsonFault.js';
import {
  endOfString,
  openList,
  openObject,
  quote,
  ScanFault,
  scanList,
  scanObject,
  skipSpace,
  type Range,
} from './jsonScan.js';
import { takeExactly, type TextKind } from './takeText.js';
import { maxCharactersAtOnce, type BodyFormat, type ReadOptions, type Taken, type Unreadable } from './readBody.js';
import { mayBeIllFormed } from './wellFormed.js';

/** Elements are decoded and parsed together up to this many bytes, which takes about a millisecond. */
const groupBytes = 64 * 1024;
/** Refusing an event takes about as long as reading this many bytes: the parser's error is expensive. */
const refusalBytes = 500;
/** Elements of a list that are parsed together at most: each may be refused. */
const groupElements = 250;
/** Partners accept far smaller events, and parsing a larger one could take longer than other requests should wait. */
export const maxEventCharacters = 512 * 1024;
/** A longer event has too many characters, whatever they are. Of this one only so many bytes are decoded. */
const maxEventBytes = 3 * maxEventCharacters;
/** What stands beside `events` in a bundle is not stored, but has to be JSON. */
const maxBesideBytes = 64 * 1024;

const newline = 0x0a;

/** Accepted events that stand together in a body. */
export interface AcceptedPart {
  /** JSON of the events with commas between them, for `readStored`: a view of the body unless it was written anew. */
  readonly json: Buffer;
  readonly events: number;
}

export interface StepOptions extends ReadOptions {
  /** Receives the accepted events in order. If the body turns out to be unreadable, what it has received is void. */
  readonly onAccepted?: (part: AcceptedPart) => void;
  /** Without it, the `events` of the result are empty. */
  readonly keepEvents?: boolean;
}

export type ReadingInSteps = Omit<Taken, 'json'> | { readonly unreadable: Unreadable };

/**
 * Reads a body as `readBody` does, but in steps of a few milliseconds: it yields after each, so that a caller can do other
 * work in between. It scans the bytes for the elements of lists, and decodes and parses those in small groups. Elements
 * with bytes that are not UTF-8 are quarantined.
 */
export function* readInSteps(
  bytes: Buffer,
  format: BodyFormat,
  options: StepOptions = {},
): Generator<undefined, ReadingInSteps> {
  const body = hasByteOrderMark(bytes) ? bytes.subarray(3) : bytes;
  const reader = openReader(body, options);
  try {
    if (format === 'ndjson') yield* readLines(reader);
    else yield* readWhole(reader);
  } catch (error) {
    if (error instanceof Unread) return { unreadable: error.unreadable };
    if (!(error instanceof ScanFault)) throw error;
    const detail = yield* describePlaceInBytes(body, error.at, error.expected);
    return { unreadable: { code: 'malformed_json', detail } };
  }
  if (reader.intake.isOver) return { unreadable: tooManyEvents(reader.intake) };
  const { types, quarantined, fingerprints = [] } = reader.intake;
  return { events: reader.events, types, quarantined, fingerprints };
}

function hasByteOrderMark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

function openReader(body: Buffer, { keepEvents = false, onAccepted = () => undefined, ...options }: StepOptions) {
  return {
    body,
    intake: openIntake(options),
    onAccepted,
    keepEvents,
    events: [] as Intake['events'],
    /** The accepted events of a line whose end is not read yet, which may show that it is not JSON; otherwise undefined. */
    parts: undefined as AcceptedPart[] | undefined,
  };
}

type Reader = ReturnType<typeof openReader>;

class Unread extends Error {
  constructor(readonly unreadable: Unreadable) {
    super(unreadable.detail);
    this.name = 'Unread';
  }
}

function* readWhole(reader: Reader): Generator<undefined, void> {
  const { body } = reader;
  const start = skipSpace(body, 0);
  if (start === body.length) return;
  let end: number;
  if (body[start] === openList) end = yield* readList(reader, start, 'items');
  else if (body[start] === openObject) end = yield* readObject(reader, { start, end: body.length }, true);
  else throw new Unread(faultOfScalar(body, start));
  const rest = skipSpace(body, end);
  if (rest < body.length) throw new ScanFault(rest, 'the end');
}

function faultOfScalar(body: Buffer, start: number): Unreadable {
  if (body.length > maxCharactersAtOnce) {
    if (body[start] !== quote) return { code: 'malformed_json', detail: 'it is not JSON' };
    const rest = skipSpace(body, endOfString(body, start));
    if (rest < body.length) throw new ScanFault(rest, 'the end');
    return { code: 'wrong_shape', detail: describeShape('text') };
  }
  const { text } = decodeReceived(body);
  try {
    return { code: 'wrong_shape', detail: describeShape(JSON.parse(text)) };
  } catch {
    return { code: 'malformed_json', detail: describeFault(text) };
  }
}

function* readLines(reader: Reader): Generator<undefined, void> {
  const { body, intake } = reader;
  let sinceStep = 0;
  for (let start = 0; start < body.length && !intake.isOver;) {
    const found = body.indexOf(newline, start);
    const end = found < 0 ? body.length : found;
    const first = skipSpace(body, start);
    if (first < end) {
      const [position, refused] = [intake.position, intake.quarantined.length];
      yield* readLine(reader, { start: first, end });
      sinceStep += 50 * (intake.position - position) + refusalBytes * (intake.quarantined.length - refused);
    }
    sinceStep += end - start;
    start = end + 1;
    if (sinceStep < groupBytes) continue;
    sinceStep = 0;
    yield undefined;
  }
}

function* readLine(reader: Reader, range: Range): Generator<undefined, void> {
  const { body, intake } = reader;
  const { start, end } = range;
  const text = end - start <= groupBytes ? decodeUtf8(body.subarray(start, end)) : undefined;
  if (text !== undefined) return takeGroup(reader, range, text, 'lines', takeLine);
  const from = { position: intake.position, types: intake.types.length, quarantined: intake.quarantined.length };
  const fingerprints = intake.fingerprints?.length;
  const events = reader.events.length;
  reader.parts = [];
  try {
    if (body[start] !== openObject) return yield* takeOne(reader, range);
    const last = yield* readObject(reader, range, false);
    const rest = skipSpace(body, last);
    if (rest < end) throw new ScanFault(rest, 'the end');
  } catch (error) {
    if (!(error instanceof ScanFault) && !(error instanceof Unread)) throw error;
    // Nothing of a line that is not JSON is taken.
    intake.position = from.position;
    intake.types.length = from.types;
    intake.quarantined.length = from.quarantined;
    if (intake.fingerprints) intake.fingerprints.length = fingerprints as number;
    reader.events.length = events;
    reader.parts = [];
    yield* refuse(reader, range, 'malformed_json', 'the line is not JSON');
  } finally {
    for (const part of reader.parts) reader.onAccepted(part);
    reader.parts = undefined;
  }
}

/**
 * Reads the list that begins at `start`. Its elements are parsed in groups, as long as they are small.
 * @returns the index after the list.
 */
function* readList(reader: Reader, start: number, kind: 'items' | 'events'): Generator<undefined, number> {
  const { body, intake } = reader;
  let group: Range[] = [];
  function* flush(): Generator<undefined, void> {
    const elements = group;
    group = [];
    if (elements.length > 0) yield* takeElements(reader, elements, kind);
    if (intake.isOver) throw new Unread(tooManyEvents(intake));
  }
  const scan = scanList(body, start);
  for (let next = scan.next(); ; next = scan.next()) {
    if (next.done) {
      yield* flush();
      return next.value;
    }
    const element = next.value;
    if (element === undefined) {
      yield undefined;
      continue;
    }
    const [first] = group;
    if (first && (element.end - first.start > groupBytes || group.length === groupElements)) {
      yield* flush();
      yield undefined;
    }
    group.push(element);
  }
}

/**
 * Reads an object that is too long for a group, or has bytes that are not UTF-8: the events of a bundle one after another,
 * or one event.
 * @returns the index after it.
 */
function* readObject(reader: Reader, { start, end }: Range, isBody: boolean): Generator<undefined, number> {
  const { body } = reader;
  let events: Range | undefined;
  let hasType = false;
  let after: number;
  const scan = scanObject(body, start);
  for (let next = scan.next(); ; next = scan.next()) {
    if (next.done) {
      after = next.value;
      break;
    }
    if (next.value === undefined) yield undefined;
    else if (next.value.key === 'events') events = next.value;
    else if (next.value.key === 'event_type') hasType = true;
  }
  if (after > end) throw new ScanFault(end, 'the end of the object');
  if (!hasType && events && body[events.start] === openList) {
    if (after - start - (events.end - events.start) > maxBesideBytes) throw new Unread(tooMuchBeside);
    // With an empty list in place of the events it is JSON if the rest is.
    const [before, behind] = [body.subarray(start, events.start), body.subarray(events.end, after)];
    parsed(start, `${decodeReceived(before).text}[]${decodeReceived(behind).text}`);
    const listEnd = yield* readList(reader, events.start, 'events');
    if (listEnd !== events.end) throw new ScanFault(listEnd, 'the end of the list');
  } else if (isBody && !hasType) {
    throw new Unread({ code: 'wrong_shape', detail: describeShape(events ? { events: sampleOf(body, events) } : {}) });
  } else yield* takeOne(reader, { start, end: after });
  return after;
}

const tooMuchBeside: Unreadable = {
  code: 'wrong_shape',
  detail: `expected at most ${maxBesideBytes} bytes beside events, got more`,
};

/** A value of the same kind, for the description of a shape. */
function sampleOf(body: Buffer, { start }: Range): unknown {
  const first = String.fromCharCode(body[start]!);
  return first === '{' ? {} : first === '"' ? 'text' : first === 't' || first === 'f' ? true : first === 'n' ? null : 0;
}

/** Parses neighbouring elements together, unless one of them is long or has bytes that are not UTF-8. */
function* takeElements(
  reader: Reader,
  elements: readonly Range[],
  kind: 'items' | 'events',
): Generator<undefined, void> {
  const group = { start: elements[0]!.start, end: elements.at(-1)!.end };
  const isSmall = group.end - group.start <= groupBytes;
  const text = isSmall ? decodeUtf8(reader.body.subarray(group.start, group.end)) : undefined;
  if (text !== undefined) return takeParsed(reader, group, text, elements.length, kind);
  for (const element of elements)
    if (kind === 'items' && reader.body[element.start] === openObject) yield* readObject(reader, element, false);
    else yield* takeOne(reader, element);
}

function takeParsed(reader: Reader, range: Range, text: string, count: number, kind: 'items' | 'events'): void {
  const values = parsed(range.start, `[${text}]`) as readonly unknown[];
  // The scan counts brackets only; if it was wrong about the elements, the body is not JSON.
  if (values.length !== count) throw new ScanFault(range.start, 'a value');
  takeGroup(reader, range, text, kind, (intake) => {
    // An element of `events` is an event, whatever is in it.
    for (const value of values)
      if (kind === 'events') take(intake, value);
      else takeItem(intake, value);
  });
}

/** An event of any length, or another value. */
function* takeOne(reader: Reader, range: Range): Generator<undefined, void> {
  const { body } = reader;
  const length = range.end - range.start;
  const limit = `expected an event of at most ${maxEventCharacters} characters`;
  if (length > maxEventBytes) return yield* refuse(reader, range, 'too_large', `${limit}, got ${length} bytes`);
  const text = decodeUtf8(body.subarray(range.start, range.end));
  if (text === undefined) return yield* refuse(reader, range, 'not_utf8', 'expected UTF-8');
  if (text.length > maxEventCharacters)
    return yield* refuse(reader, range, 'too_large', `${limit}, got ${text.length}`);
  takeParsed(reader, range, text, 1, 'events');
}

/** A byte that is not UTF-8, as `decodeReceived` shows it. */
const damage = /(?<![\uD800-\uDBFF])[\uDC80-\uDCFF]/g;

/**
 * Quarantines an element that was not parsed; of a long one, `raw` is the beginning. If that has bytes that are not UTF-8,
 * the code is `not_utf8`. These bytes are shown as \xE9, which is not JSON: so what was refused for them is never accepted
 * with another character.
 */
function* refuse(
  { body, intake }: Reader,
  { start, end }: Range,
  code: 'too_large' | 'malformed_json' | 'not_utf8',
  detail: string,
): Generator<undefined, void> {
  const shown = body.subarray(
    start,
    end <= start + maxEventBytes ? end : startOfCharacter(body, start + maxEventBytes),
  );
  const { text, isDamaged } = yield* decodeInSteps(shown);
  if (!isDamaged) return quarantine(intake, code, detail, text.replaceAll('\0', '\uFFFD'));
  let raw = '';
  for (let at = 0; at < text.length;) {
    const last = at + groupBytes;
    const next = isHighSurrogate(text.charCodeAt(last - 1)) ? last + 1 : last;
    raw += text.slice(at, next).replace(damage, (byte) => `\\x${hexOf(byte)}`);
    at = next;
    yield undefined;
  }
  const first = hexOf(text[text.search(damage)]!);
  quarantine(intake, 'not_utf8', `expected UTF-8, got the byte 0x${first}`, raw.replaceAll('\0', '\uFFFD'));
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

function hexOf(byte: string): string {
  return (byte.charCodeAt(0) - 0xdc00).toString(16).toUpperCase();
}

/** Takes what `takeFrom` adds to the intake, and hands its JSON on. */
function takeGroup(
  reader: Reader,
  { start, end }: Range,
  text: string,
  kind: TextKind,
  takeFrom: (intake: Intake, text: string) => void,
): void {
  const { intake } = reader;
  intake.events = [];
  intake.isUnchanged = true;
  intake.mayBeIllFormed = mayBeIllFormed(text);
  takeExactly(intake, kind === 'lines' ? text : `[${text}]`, kind, () => takeFrom(intake, text));
  const { events } = intake;
  if (events.length > 0) {
    const json = intake.isUnchanged
      ? reader.body.subarray(start, end)
      : Buffer.from(JSON.stringify(events).slice(1, -1));
    const part = { json, events: events.length };
    if (reader.parts) reader.parts.push(part);
    else reader.onAccepted(part);
  }
  if (reader.keepEvents) for (const event of events) reader.events.push(event);
}

function parsed(start: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ScanFault(start, 'JSON');
  }
}
