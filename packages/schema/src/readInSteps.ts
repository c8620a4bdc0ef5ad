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
import { describeFault, describePlace } from './jsonFault.js';
import { ScanFault, scanList, scanObject, skipSpace, type Range } from './jsonScan.js';
import { takeExactly, type TextKind } from './takeText.js';
import type { BodyFormat, ReadOptions, Reading, Unreadable } from './readBody.js';

/** Elements are parsed together up to this many characters, which takes about a millisecond. */
const groupCharacters = 64 * 1024;
/** Refusing an event takes about as long as reading this many characters: the parser's error is expensive. */
const refusalCharacters = 500;
/** Elements of a list that are parsed together at most: each may be refused. */
const groupElements = 250;
/** Partners accept far smaller events, and parsing a larger one could take longer than other requests should wait. */
export const maxEventCharacters = 512 * 1024;
/** What stands beside `events` in a bundle is not stored, but has to be JSON. */
const maxBesideCharacters = 64 * 1024;

/**
 * Reads a body as `readBody` does, but in steps of a few milliseconds: it yields after each, so that a caller can do other
 * work in between. The lists of a body are never parsed as a whole. `events` is empty unless `keepEvents` is set.
 */
export function* readInSteps(
  text: string,
  format: BodyFormat,
  options: ReadOptions & { readonly keepEvents?: boolean } = {},
): Generator<undefined, Reading> {
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const reader = openReader(body, format, options);
  try {
    if (format === 'ndjson') yield* readLines(reader);
    else yield* readWhole(reader);
  } catch (error) {
    if (error instanceof Unread) return { unreadable: error.unreadable };
    if (error instanceof ScanFault) return { unreadable: malformed(reader, error.at, error.expected) };
    throw error;
  }
  if (reader.intake.isOver) return { unreadable: tooManyEvents(reader.intake) };
  const { types, quarantined } = reader.intake;
  return { events: reader.events, types, quarantined, json: jsonOf(reader) };
}

function openReader(body: string, format: BodyFormat, options: ReadOptions & { readonly keepEvents?: boolean }) {
  const intake = openIntake(body, options);
  return {
    body,
    format,
    intake,
    isDamaged: options.isDamaged === true,
    keepEvents: options.keepEvents === true,
    events: [] as Intake['events'],
    /** JSON of the accepted events of each group, with commas between them. */
    pieces: [] as string[],
    isUnchanged: options.isDamaged !== true,
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
  if (body[start] === '[') end = yield* readList(reader, start, 'items');
  else if (body[start] === '{') end = yield* readObject(reader, { start, end: body.length }, true);
  else throw new Unread(faultOfScalar(body));
  const rest = skipSpace(body, end);
  if (rest < body.length) throw new ScanFault(rest, 'the end');
}

function faultOfScalar(body: string): Unreadable {
  try {
    return { code: 'wrong_shape', detail: describeShape(JSON.parse(body)) };
  } catch {
    return { code: 'malformed_json', detail: describeFault(body) };
  }
}

function* readLines(reader: Reader): Generator<undefined, void> {
  const { body, intake } = reader;
  let sinceStep = 0;
  for (let start = 0; start < body.length && !intake.isOver;) {
    const newline = body.indexOf('\n', start);
    const end = newline < 0 ? body.length : newline;
    const first = skipSpace(body, start);
    if (first < end) {
      const [position, refused] = [intake.position, intake.quarantined.length];
      yield* readLine(reader, { start: first, end });
      sinceStep += 50 * (intake.position - position) + refusalCharacters * (intake.quarantined.length - refused);
    }
    sinceStep += end - start;
    start = end + 1;
    if (sinceStep < groupCharacters) continue;
    sinceStep = 0;
    yield undefined;
  }
}

function* readLine(reader: Reader, { start, end }: Range): Generator<undefined, void> {
  const { body, intake, isDamaged } = reader;
  if (!isDamaged && end - start <= groupCharacters) return takeGroup(reader, { start, end }, 'lines', takeLine);
  const from = { position: intake.position, quarantined: intake.quarantined.length, pieces: reader.pieces.length };
  try {
    if (body[start] !== '{') return takeOne(reader, { start, end });
    const last = yield* readObject(reader, { start, end }, false);
    const rest = skipSpace(body, last);
    if (rest < end) throw new ScanFault(rest, 'the end');
  } catch (error) {
    if (!(error instanceof ScanFault) && !(error instanceof Unread)) throw error;
    // Nothing of a line that is not JSON is taken.
    intake.types.length -= intake.position - from.position - (intake.quarantined.length - from.quarantined);
    intake.position = from.position;
    intake.quarantined.length = from.quarantined;
    reader.pieces.length = from.pieces;
    reader.isUnchanged = false;
    refuseLine(reader, { start, end });
  }
}

function refuseLine({ body, intake }: Reader, { start, end }: Range): void {
  const line = body.slice(start, end);
  if (!line.isWellFormed()) return refuseDamaged(intake, line);
  quarantine(intake, 'malformed_json', 'the line is not JSON', line.replaceAll('\0', '\uFFFD'));
}

/**
 * Reads the list that begins at `start`. Its elements are parsed in groups, as long as they are small.
 * @returns the index after the list.
 */
function* readList(reader: Reader, start: number, kind: 'items' | 'events'): Generator<undefined, number> {
  const { body, intake, isDamaged } = reader;
  const maxGroup = isDamaged ? 0 : groupCharacters;
  let group: (Range & { readonly count: number }) | undefined;
  const flush = (): void => {
    if (group) takeElements(reader, group, kind);
    group = undefined;
  };
  const scan = scanList(body, start);
  for (let next = scan.next(); ; next = scan.next()) {
    if (next.done) {
      flush();
      return next.value;
    }
    const element = next.value;
    if (element === undefined) {
      yield undefined;
      continue;
    }
    if (element.end - element.start > maxGroup) {
      flush();
      if (kind === 'items' && body[element.start] === '{') yield* readObject(reader, element, false);
      else takeOne(reader, element);
      yield undefined;
    } else {
      group = { start: group?.start ?? element.start, end: element.end, count: (group?.count ?? 0) + 1 };
      if (group.end - group.start >= groupCharacters || group.count >= groupElements) {
        flush();
        yield undefined;
      }
    }
    if (intake.isOver) throw new Unread(tooManyEvents(intake));
  }
}

/**
 * Reads an object that is too long for a group: the events of a bundle one after another, or one event.
 * @returns the index after it.
 */
function* readObject(reader: Reader, { start, end }: Range, isBody: boolean): Generator<undefined, number> {
  const { body, intake } = reader;
  let events: Range | undefined;
  let hasType = false;
  let beside = 0;
  let after: number;
  const scan = scanObject(body, start);
  for (let next = scan.next(); ; next = scan.next()) {
    if (next.done) {
      after = next.value;
      break;
    }
    if (next.value === undefined) yield undefined;
    else if (next.value.key === 'events') events = next.value;
    else {
      beside += next.value.end - next.value.start;
      if (next.value.key === 'event_type') hasType = true;
    }
  }
  if (after > end) throw new ScanFault(end, 'the end of the object');
  if (!hasType && events && body[events.start] === '[') {
    if (beside > maxBesideCharacters) throw new Unread(tooMuchBeside);
    // With an empty list in place of the events it is JSON if the rest is.
    parsed(reader, { start, end: after }, `${body.slice(start, events.start)}[]${body.slice(events.end, after)}`);
    const listEnd = yield* readList(reader, events.start, 'events');
    if (listEnd !== events.end) throw new ScanFault(listEnd, 'the end of the list');
  } else if (isBody && !hasType) {
    throw new Unread({ code: 'wrong_shape', detail: describeShape(events ? { events: sampleOf(body, events) } : {}) });
  } else takeOne(reader, { start, end: after });
  if (intake.isOver) throw new Unread(tooManyEvents(intake));
  return after;
}

const tooMuchBeside: Unreadable = {
  code: 'wrong_shape',
  detail: `expected at most ${maxBesideCharacters} characters beside events, got more`,
};

/** A value of the same kind, for the description of a shape. */
function sampleOf(body: string, { start }: Range): unknown {
  const first = body[start];
  return first === '{' ? {} : first === '"' ? 'text' : first === 't' || first === 'f' ? true : first === 'n' ? null : 0;
}

function takeElements(reader: Reader, group: Range & { readonly count: number }, kind: 'items' | 'events'): void {
  const text = reader.body.slice(group.start, group.end);
  const values = parsed(reader, group, `[${text}]`) as readonly unknown[];
  // The scan counts brackets only; if it was wrong about the elements, the body is not JSON.
  if (values.length !== group.count) throw new ScanFault(group.start, 'a value');
  takeGroup(reader, group, kind, (intake) => {
    // An element of `events` is an event, whatever is in it.
    for (const value of values)
      if (kind === 'events') take(intake, value);
      else takeItem(intake, value);
  });
}

/** An event of any length, or another value. */
function takeOne(reader: Reader, range: Range): void {
  const { body, intake, isDamaged } = reader;
  const text = body.slice(range.start, range.end);
  if (isDamaged && !text.isWellFormed()) {
    reader.isUnchanged = false;
    return refuseDamaged(intake, text);
  }
  if (text.length > maxEventCharacters) {
    reader.isUnchanged = false;
    const detail = `expected an event of at most ${maxEventCharacters} characters, got ${text.length}`;
    return quarantine(intake, 'too_large', detail, text.replaceAll('\0', '\uFFFD'));
  }
  takeElements(reader, { ...range, count: 1 }, 'events');
}

/** Bytes are shown as \xE9, which is not JSON: so what was refused for them is never accepted with another character. */
function refuseDamaged(intake: Intake, text: string): void {
  const raw = text.replace(/(?<![\uD800-\uDBFF])[\uDC80-\uDCFF]/g, (byte) => `\\x${hexOf(byte)}`);
  const [byte = ''] = /(?<![\uD800-\uDBFF])[\uDC80-\uDCFF]/.exec(text) ?? [];
  quarantine(intake, 'not_utf8', `expected UTF-8, got the byte 0x${hexOf(byte)}`, raw.replaceAll('\0', '\uFFFD'));
}

function hexOf(byte: string): string {
  return (byte.charCodeAt(0) - 0xdc00).toString(16).toUpperCase();
}

/** Takes what `takeFrom` adds to the intake, and keeps its JSON. */
function takeGroup(
  reader: Reader,
  { start, end }: Range,
  kind: TextKind,
  takeFrom: (intake: Intake, text: string) => void,
): void {
  const { intake, pieces } = reader;
  const text = reader.body.slice(start, end);
  intake.events = [];
  intake.isUnchanged = true;
  takeExactly(intake, kind === 'lines' ? text : `[${text}]`, kind, () => takeFrom(intake, text));
  if (intake.isUnchanged) pieces.push(text);
  else {
    reader.isUnchanged = false;
    if (intake.events.length > 0) pieces.push(JSON.stringify(intake.events).slice(1, -1));
  }
  if (reader.keepEvents) for (const event of intake.events) reader.events.push(event);
}

function parsed(reader: Reader, { start }: Range, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Unread(malformed(reader, start, 'JSON'));
  }
}

function malformed({ body }: Reader, at: number, expected: string): Unreadable {
  return { code: 'malformed_json', detail: describePlace(body, at, expected) };
}

function jsonOf({ body, format, isUnchanged, pieces }: Reader): string {
  if (isUnchanged && format === 'json' && pieces.length > 0) return body;
  return `[${pieces.join(',')}]`;
}
