import { checkEvent } from './checkEvent.js';
import type { EventType } from './eventType.js';
import { addFingerprintsOfAll } from './fingerprint.js';
import { findInexactNumbers, withDigitsAsText, type InexactNumber } from './inexactNumbers.js';
import { isBundle, isFull, quarantine, take, takeItem, takeLine, type Intake } from './intake.js';
import { scanList, scanObject, skipSpace } from './jsonScan.js';
import { isRefusal, refuse, type Refusal } from './refusal.js';

/** What a text is: a JSON body, lines, or a list whose elements may be bundles or are events. */
export type TextKind = 'body' | 'lines' | 'items' | 'events';

/**
 * Runs `takeFrom`. If it meets numbers whose digits may be lost, what it took is forgotten, and the events are taken again
 * from their texts. So only bodies with such numbers cost more. Adds the fingerprints of what was accepted.
 */
export function takeExactly(intake: Intake, text: string, kind: TextKind, takeFrom: () => void): void {
  const { position, isUnchanged, isOver, describable } = intake;
  const [events, types, quarantined] = [intake.events.length, intake.types.length, intake.quarantined.length];
  const before = { position, isUnchanged, isOver, describable: { ...describable }, mayLoseDigits: false };
  takeFrom();
  if (intake.mayLoseDigits) {
    Object.assign(intake, before);
    intake.events.length = events;
    intake.types.length = types;
    intake.quarantined.length = quarantined;
    takeText(intake, text, kind);
    intake.mayLoseDigits = false;
  }
  if (intake.fingerprints) addFingerprintsOfAll(intake.events, events, intake.fingerprints);
}

function takeText(intake: Intake, text: string, kind: TextKind): void {
  const start = skipSpace(text, 0);
  if (kind === 'lines') for (const line of text.split('\n')) takeLineText(intake, line);
  else if (kind === 'events') for (const event of elements(text, start)) takeEventText(intake, event);
  else if (text[start] === '[') for (const item of elements(text, start)) takeItemText(intake, item);
  else takeItemText(intake, text.slice(start));
}

function takeLineText(intake: Intake, line: string): void {
  if (!/\S/.test(line)) return;
  if (isJson(line) && !isFull(intake)) takeItemText(intake, line.trim());
  else takeLine(intake, line);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function takeItemText(intake: Intake, text: string): void {
  const item: unknown = JSON.parse(text);
  if (findInexactNumbers(text).length === 0) return takeItem(intake, item);
  if (!isBundle(item)) return takeEventText(intake, text);
  // As in JSON.parse, the last of several lists counts.
  const events = [...scanObject(text, skipSpace(text, 0))].findLast((member) => member?.key === 'events');
  if (events) for (const event of elements(text, events.start)) takeEventText(intake, event);
}

function* elements(text: string, start: number): Generator<string> {
  for (const range of scanList(text, start)) if (range) yield text.slice(range.start, range.end);
}

/** Digits are kept as text where the catalogue expects nothing in particular; otherwise the event is quarantined. */
function takeEventText(intake: Intake, text: string): void {
  if (isFull(intake)) return;
  const numbers = findInexactNumbers(text);
  const value: unknown = JSON.parse(text);
  if (numbers.length === 0) return take(intake, value);
  const answer = checkEvent(value);
  if (isRefusal(answer)) return quarantine(intake, answer.code, answer.detail, text, value);
  const places = numbers.map((number) => ({ ...number, ...placeOf(number, answer) }));
  const refused = places.find((place) => place.refusal !== undefined)?.refusal;
  if (refused) return quarantine(intake, refused.code, refused.detail, text, value);
  const free = places.filter(({ isRounded }) => isRounded !== true);
  if (free.length > 0) intake.isUnchanged = false;
  take(intake, JSON.parse(withDigitsAsText(text, free)));
}

/** What the catalogue says of a number that is not exact, in an event that it accepts otherwise. */
function placeOf(
  { path, isWhole }: InexactNumber,
  eventType: EventType,
): { readonly refusal?: Refusal; readonly isRounded?: boolean } {
  const [first, second = ''] = path;
  const isProperty = path.length === 2 && first === 'properties';
  const property = isProperty ? eventType.properties.find(({ name }) => name === second) : undefined;
  // A fraction of a property that is a float is rounded to one.
  if (property?.type === 'float' && !isWhole) return { isRounded: true };
  if (property === undefined && !(path.length === 1 && first === 'time')) return {};
  const detail = 'expected a number that a 64-bit float holds exactly, got one with more digits';
  return { refusal: refuse('inexact_number', detail, path.join('.')) };
}
