import { decided, type Decision, type FakeRequest } from '../exchange.js';
import { inflate } from '../inflate.js';
import { decodeText, isObject, parseJson } from '../strictJson.js';
import { trackAnswer } from './answers.js';
import type { Ingestion } from './project.js';

// Mixpanel, Track Event reference.
const oldestMs = 5 * 86_400_000;

/** Decides requests to /track: minimal, to detect its use, which is wrong for an export. */
export function createTrack({ clock, ledger, projects }: Ingestion): (request: FakeRequest) => Decision {
  return (request) => {
    ledger.violate(request.seq, 'usedTrack');
    const verbose = request.query.get('verbose') === '1';
    const events = readEvents(request);
    const known = (event: unknown): boolean =>
      projects().some(({ project }) => project.token === propertyOf(event, 'token'));
    if (events === undefined || events.length === 0 || !events.every(known)) {
      const error = events === undefined ? 'invalid JSON' : 'unknown token';
      return { ...decided(request, trackAnswer(false, verbose, error), error), eventCount: events?.length ?? 0 };
    }
    const nowMs = clock.now();
    const fresh = events.filter((event) => nowMs - timeMsOf(event, nowMs) <= oldestMs);
    const commit = (): void => {
      for (const [index, event] of fresh.entries()) store(request, index, event);
    };
    return { ...decided(request, trackAnswer(true, verbose, null), 'tracked'), eventCount: events.length, commit };
  };

  function store(request: FakeRequest, index: number, event: unknown): void {
    const state = projects().find(({ project }) => project.token === propertyOf(event, 'token'));
    const [id, distinctId] = [propertyOf(event, '$insert_id'), propertyOf(event, 'distinct_id')];
    const person = typeof distinctId === 'string' ? distinctId : '';
    ledger.store(
      {
        seq: request.seq,
        index,
        project: state?.project.projectId ?? '',
        receivedAt: clock.now(),
        id: typeof id === 'string' ? id : undefined,
        eventPart: '',
        personPart: person,
        timePart: timeMsOf(event, 0),
      },
      () => ({ person, event: event as Record<string, unknown>, altered: [], hidden: false }),
    );
  }
}

/** Reads a JSON body, or the `data` of a form, plain or in base64. */
function readEvents(request: FakeRequest): readonly unknown[] | undefined {
  const inflated = inflate(request.body, request.headers['content-encoding']);
  if ('refused' in inflated) return undefined;
  const { text } = decodeText(inflated.bytes);
  const isJson = request.headers['content-type']?.startsWith('application/json') === true;
  const data = isJson ? text : (new URLSearchParams(text).get('data') ?? '');
  const parsed = parseJson(data);
  const value = 'value' in parsed ? parsed : parseJson(Buffer.from(data, 'base64').toString('utf8'));
  if ('invalid' in value) return undefined;
  return Array.isArray(value.value) ? (value.value as readonly unknown[]) : [value.value];
}

function propertyOf(event: unknown, name: string): unknown {
  const properties = isObject(event) ? event['properties'] : undefined;
  return isObject(properties) ? properties[name] : undefined;
}

function timeMsOf(event: unknown, missing: number): number {
  const time = propertyOf(event, 'time');
  if (typeof time !== 'number') return missing;
  return time >= 1e11 ? time : time * 1000;
}
