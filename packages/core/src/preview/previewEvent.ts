import type { RecordedRequest } from '@currents/connector';
import { findEventType, readBody, refusalCodes, sampleOf, type CatalogueEvent } from '@currents/schema';
import type { Admin } from '../admin/admin.js';
import { fieldProblem, inputInvalid, type InputInvalid } from '../admin/problem.js';
import { traceEvent, type EventNotFound } from '../lookup/traceEvents.js';
import { judgeEvent, requestFor, type Judgement } from './judgeEvent.js';
import { readPreviewTarget, type PreviewOf, type PreviewTargetProblem } from './previewTarget.js';

/** Which event to preview: exactly one of these. */
export interface PreviewSource {
  /** The event’s own id; the newest accepted event that is stored with it. */
  readonly eventId?: string | undefined;
  /** An event as a sender would send it. */
  readonly event?: unknown;
  /** The catalogue's sample of an event type. */
  readonly sampleOf?: string | undefined;
}

export interface EventPreview extends Judgement {
  readonly kind: 'EventPreview';
  /** As the catalogue has accepted it; undefined when it would be quarantined. */
  readonly event: CatalogueEvent | undefined;
  /** Undefined unless the event would be sent. */
  readonly request: RecordedRequest | undefined;
}

type PreviewEventResult = EventPreview | EventNotFound | PreviewTargetProblem;

/**
 * What a Current or a draft would make of one event: the request, with `[hidden]` in place of secrets, or why it would not
 * be sent. Sends nothing and stores nothing.
 */
export async function previewEvent(admin: Admin, of: PreviewOf, source: PreviewSource): Promise<PreviewEventResult> {
  const target = await readPreviewTarget(admin, of);
  if ('kind' in target) return target;
  const read = await readSource(admin, source);
  if ('kind' in read) return read;
  if ('quarantined' in read) return { kind: 'EventPreview', event: undefined, request: undefined, ...read.quarantined };
  const { judgement, mapped } = judgeEvent(target.draft, read.event);
  const request = await requestFor(target, mapped);
  if (request && 'failure' in request) {
    const reason = { code: 'send_threw', description: 'The connector failed to make a request, which is a bug in it.' };
    return {
      kind: 'EventPreview',
      verdict: 'rejected',
      reason,
      detail: request.failure,
      event: read.event,
      request: undefined,
    };
  }
  return { kind: 'EventPreview', ...judgement, event: read.event, request };
}

type Read = { readonly event: CatalogueEvent } | { readonly quarantined: Judgement };

async function readSource(admin: Admin, source: PreviewSource): Promise<Read | EventNotFound | InputInvalid> {
  const { eventId, event, sampleOf: eventTypeName } = source;
  if (eventTypeName !== undefined) {
    if (findEventType(eventTypeName)) return { event: sampleOf(eventTypeName) };
    const message = `expected the name of an event type, got ${JSON.stringify(eventTypeName.slice(0, 100))}`;
    return inputInvalid([fieldProblem('source.sampleOf', 'unknown_value', message)]);
  }
  if (eventId !== undefined) return readStored(admin, eventId);
  return readPasted(event);
}

async function readStored(admin: Admin, eventId: string): Promise<Read | EventNotFound | InputInvalid> {
  const traced = await traceEvent(admin, eventId);
  if (traced.kind === 'EventNotFound') return traced;
  if (traced.event) return { event: traced.event };
  const message = 'the stored event with this id is in the quarantine; pass its content as event';
  return inputInvalid([fieldProblem('source.eventId', 'not_allowed', message)]);
}

/** Reads an event as the ingest endpoint does. */
function readPasted(event: unknown): Read | InputInvalid {
  const reading = readBody(JSON.stringify(event ?? null), 'json', { maxEvents: 2 });
  if ('unreadable' in reading) {
    const { code, detail } = reading.unreadable;
    return inputInvalid([
      fieldProblem('source.event', code === 'too_many_events' ? 'out_of_range' : 'malformed', detail),
    ]);
  }
  const [accepted, ...more] = reading.events;
  const [refused] = reading.quarantined;
  if (more.length > 0 || (accepted && refused) || reading.quarantined.length > 1)
    return inputInvalid([fieldProblem('source.event', 'out_of_range', 'expected one event, got several')]);
  if (accepted) return { event: accepted };
  if (!refused) return inputInvalid([fieldProblem('source.event', 'required', 'expected an event, got none')]);
  const reason = { code: refused.code, description: refusalCodes[refused.code] };
  return { quarantined: { verdict: 'quarantined', reason, detail: refused.detail } };
}
