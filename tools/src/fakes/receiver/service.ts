import { isWebhookSignedBy } from '@currents/core';
import { checkEvent, isRefusal } from '@currents/schema';
import { decided, empty, json, type Answer, type Conditions, type Decision } from '../exchange.js';
import type { Dialect, FakeRequest, PartnerService } from '../exchange.js';
import type { Surroundings } from '../fake.js';
import { inflate } from '../inflate.js';
import { decodeText, findDuplicateKeys, isObject, parseJson } from '../strictJson.js';
import type { ReceiverProfile } from './profile.js';

export interface Receiver {
  readonly receiverId: string;
  readonly token: string;
  /** The header that has the token alone; default: `authorization` with `Bearer`. */
  readonly tokenHeader?: string;
  /** `whsec_…`: requests have to be signed with it. */
  readonly signingSecret?: string;
}

const refuse = (status: number, error: string): Answer => json(status, { error });

const dialect: Dialect = {
  revoked: () => refuse(401, 'unknown token'),
  refusedWithoutDetails: () => refuse(400, 'invalid request'),
  forbidden: () => refuse(403, 'forbidden'),
  gzipRefused: (status) => refuse(status, 'unsupported content encoding'),
  tooManyRequests: () => refuse(429, 'too many requests'),
};

/** How far a signature's time may be off: Standard Webhooks says five minutes. */
const toleranceSeconds = 300;

type State = Surroundings<ReceiverProfile> & { readonly receivers: readonly Receiver[] };

export function createReceiverService({ clock, ledger, profile, receivers }: State): PartnerService {
  const receiverOf = ({ headers }: FakeRequest): Receiver | undefined =>
    receivers.find(({ token, tokenHeader = 'authorization' }) => {
      const given = headers[tokenHeader.toLowerCase()];
      return given === (tokenHeader === 'authorization' ? `Bearer ${token}` : token);
    });

  function decide(request: FakeRequest, { maxBytes = profile().maxBytes, partial400 }: Conditions): Decision {
    const say = (answer: Answer, reason: string): Decision => decided(request, answer, reason);
    const receiver = receiverOf(request);
    if (request.method !== 'POST') return say(empty(405), 'method');
    if (!receiver) return say(refuse(401, 'unknown token'), 'token');
    if (request.headers['content-type'] !== 'application/json') return say(refuse(415, 'expected JSON'), 'type');
    if (request.headers['braze-currents-version'] !== '1') ledger.violate(request.seq, 'noVersion');
    const inflated = inflate(request.body, request.headers['content-encoding'], maxBytes);
    if ('refused' in inflated) {
      const isTooLarge = inflated.refused === 'tooLarge';
      return say(refuse(isTooLarge ? 413 : 415, 'the body cannot be read'), inflated.refused);
    }
    if (!profile().takesGzip && request.headers['content-encoding'] !== undefined)
      return say(refuse(415, 'unsupported content encoding'), 'gzip');
    const { signingSecret: secret } = receiver;
    if (secret !== undefined && !isSigned(request, secret, inflated.bytes, clock.now()))
      return say(refuse(401, 'bad signature'), 'signature');
    const { text, wellFormed } = decodeText(inflated.bytes);
    const events = wellFormed ? readEvents(text) : undefined;
    if (!events) return say(refuse(400, 'expected {"events": [...]} and nothing else'), 'shape');
    for (const key of findDuplicateKeys(text)) ledger.violate(request.seq, 'duplicateKey', 1, key);
    const about = {
      project: receiver.receiverId,
      eventCount: events.length,
      uncompressedBytes: inflated.bytes.byteLength,
    };
    if (events.length > profile().maxEvents)
      return { ...about, answer: refuse(413, `expected at most ${profile().maxEvents} events`), reason: 'count' };
    const bad = events.findIndex((event) => problemOf(event) !== undefined || isForced(event, partial400?.ids));
    if (bad >= 0)
      return {
        ...about,
        answer: refuse(profile().refusal, `an event is refused: ${problemOf(events[bad]) ?? 'by rule'}`),
        reason: `event ${bad}`,
      };
    const { success } = profile();
    return {
      ...about,
      answer: success === 204 ? empty(204) : json(success, { accepted: events.length }),
      reason: 'stored',
      commit: () => events.forEach((event, index) => keep(request, receiver, event, index)),
    };
  }

  function keep({ seq }: FakeRequest, { receiverId }: Receiver, event: object, index: number): void {
    const { id, user } = event as { readonly id: string; readonly user: { readonly external_user_id?: string } };
    const keyed = { id, eventPart: '', personPart: '', timePart: 0 };
    ledger.store({ seq, index, project: receiverId, receivedAt: clock.now(), ...keyed }, () => ({
      person: user.external_user_id ?? '',
      event: event as Readonly<Record<string, unknown>>,
      altered: [],
      hidden: false,
    }));
  }

  return {
    projectInHeaders: true,
    maxInFlight: 50,
    dialect,
    projectOf: (request) => receiverOf(request)?.receiverId,
    idsOf: (request) => peek(request).map(({ id }) => String(id)),
    eventCountOf: (request) => peek(request).length,
    decide,
  };
}

function isForced(event: object, ids: readonly string[] = []): boolean {
  return ids.includes((event as { readonly id: string }).id);
}

/** An event has exactly these keys (Braze, Custom Currents Export), and values that the catalogue accepts. */
const keys = ['event_type', 'id', 'properties', 'time', 'user'];

function problemOf(event: unknown): string | undefined {
  if (!isObject(event)) return 'expected an object';
  if (Object.keys(event).sort().join() !== keys.join()) return `expected exactly ${keys.join(', ')}`;
  const type = checkEvent(event);
  return isRefusal(type) ? type.detail : undefined;
}

function readEvents(text: string): readonly Readonly<Record<string, unknown>>[] | undefined {
  const parsed = parseJson(text);
  if (!('value' in parsed) || !isObject(parsed.value) || Object.keys(parsed.value).join() !== 'events')
    return undefined;
  const { events } = parsed.value;
  return Array.isArray(events) ? (events as Readonly<Record<string, unknown>>[]) : undefined;
}

function peek({ body, headers }: FakeRequest): readonly Readonly<Record<string, unknown>>[] {
  const inflated = inflate(body, headers['content-encoding']);
  return ('bytes' in inflated ? readEvents(decodeText(inflated.bytes).text) : undefined) ?? [];
}

function isSigned({ headers }: FakeRequest, secret: string, bytes: Uint8Array, nowMs: number): boolean {
  const offSeconds = Math.abs(nowMs / 1000 - Number(headers['webhook-timestamp']));
  return offSeconds <= toleranceSeconds && isWebhookSignedBy(secret, headers, bytes);
}
