import type { RecordedRequest } from '@currents/connector';
import { catalogue, type CatalogueEvent } from '@currents/schema';
import { setImmediate } from 'node:timers/promises';
import type { Admin } from '../admin/admin.js';
import { fieldProblem, inputInvalid } from '../admin/problem.js';
import { countIngest } from '../counts/countIngest.js';
import { judgeEvent, requestFor, type Judgement, type PreviewReason } from './judgeEvent.js';
import { readPreviewTarget, type PreviewOf, type PreviewTargetProblem } from './previewTarget.js';
import { recentEvents } from './recentEvents.js';

/** How events of one type would end. */
export interface PreviewCounts {
  sent: number;
  notSelected: number;
  readonly skipped: PreviewReasonCount[];
  readonly rejected: PreviewReasonCount[];
}

interface PreviewReasonCount extends PreviewReason {
  eventCount: number;
}

export interface TypePreview {
  readonly eventTypeName: string;
  /** Events of the type that were accepted in the last 24 hours, in whole hours. */
  readonly lastDayCount: number;
  examinedCount: number;
  readonly draft: PreviewCounts;
  /** By what is stored; undefined for a draft. */
  readonly stored: PreviewCounts | undefined;
}

/** One event of a type that ends as no other example of this type does. */
export interface PreviewExample extends Judgement {
  readonly eventId: string;
  readonly eventTypeName: string;
  /** Undefined unless it would be sent, or when the answer would become too large. */
  readonly request: RecordedRequest | undefined;
}

export interface SelectionPreview {
  readonly kind: 'SelectionPreview';
  readonly examinedCount: number;
  readonly eventTypes: readonly TypePreview[];
  readonly examples: readonly PreviewExample[];
}

const maxEvents = 1_000;
const maxExamples = 20;
/** Of the requests of all examples together. */
const maxExampleBytes = 256 * 1024;
const eventsPerTurn = 50;

/**
 * What the last accepted events would become under a draft, beside what is stored: by event type, with examples. Sends
 * nothing and stores nothing.
 * @param lastEvents how many events to examine, 1 to 1000; fewer if they are large.
 */
export async function previewSelection(
  admin: Admin,
  of: PreviewOf,
  lastEvents: number,
): Promise<SelectionPreview | PreviewTargetProblem> {
  if (lastEvents < 1 || lastEvents > maxEvents)
    return inputInvalid([
      fieldProblem('lastEvents', 'out_of_range', `expected 1 to ${maxEvents} events, got ${lastEvents}`),
    ]);
  const target = await readPreviewTarget(admin, of);
  if ('kind' in target) return target;
  const [events, received] = await Promise.all([
    recentEvents(admin, lastEvents),
    countIngest(admin, {}, ['event_type']),
  ]);
  const types = new Map<string, TypePreview>();
  const typeOf = (eventTypeName: string): TypePreview => {
    const known = types.get(eventTypeName);
    if (known) return known;
    const made = {
      eventTypeName,
      lastDayCount: received.find(({ eventType }) => eventType === eventTypeName)?.accepted ?? 0,
      examinedCount: 0,
      draft: noCounts(),
      stored: target.stored && noCounts(),
    };
    types.set(eventTypeName, made);
    return made;
  };
  for (const { eventType, accepted } of received) if (eventType !== undefined && accepted > 0) typeOf(eventType);

  const examples = new Map<string, PreviewExample>();
  let exampleBytes = 0;
  for (const [index, event] of events.entries()) {
    if (index % eventsPerTurn === eventsPerTurn - 1) await setImmediate();
    const type = typeOf(event.event_type);
    type.examinedCount++;
    const { judgement, mapped } = judgeEvent(target.draft, event);
    count(type.draft, judgement);
    if (target.stored && type.stored) count(type.stored, judgeEvent(target.stored, event).judgement);
    const key = [event.event_type, judgement.verdict, judgement.reason?.code ?? ''].join(' ');
    if (examples.has(key) || examples.size >= maxExamples || judgement.verdict === 'not_selected') continue;
    const request = await requestFor(target, mapped);
    const shown = request && !('failure' in request) ? request : undefined;
    const isSmall = exampleBytes + (shown?.body.length ?? 0) <= maxExampleBytes;
    if (isSmall) exampleBytes += shown?.body.length ?? 0;
    examples.set(key, exampleOf(event, judgement, isSmall ? shown : undefined));
  }
  const order = new Map(catalogue.map(({ name, index }) => [name, index]));
  return {
    kind: 'SelectionPreview',
    examinedCount: events.length,
    eventTypes: [...types.values()].sort(
      (a, b) => (order.get(a.eventTypeName) ?? 0) - (order.get(b.eventTypeName) ?? 0),
    ),
    examples: [...examples.values()],
  };
}

function exampleOf(
  { id, event_type }: CatalogueEvent,
  judgement: Judgement,
  request: RecordedRequest | undefined,
): PreviewExample {
  return { ...judgement, eventId: id, eventTypeName: event_type, request };
}

function noCounts(): PreviewCounts {
  return { sent: 0, notSelected: 0, skipped: [], rejected: [] };
}

function count(counts: PreviewCounts, { verdict, reason }: Judgement): void {
  if (verdict === 'sent') counts.sent++;
  else if (verdict === 'not_selected') counts.notSelected++;
  else if (reason) {
    const list = verdict === 'skipped' ? counts.skipped : counts.rejected;
    const known = list.find(({ code }) => code === reason.code);
    if (known) known.eventCount++;
    else list.push({ ...reason, eventCount: 1 });
  }
}
