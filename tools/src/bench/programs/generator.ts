import { setTimeout as wait } from 'node:timers/promises';
import type { CatalogueEvent } from '@currents/schema';
import { openEventClient } from '../../hub/eventClient.js';
import { writeBodies, type Body } from '../events/bodies.js';
import { createEventMaker } from '../events/eventMaker.js';
import { nowMicros } from '../reading/clock.js';
import { answerCalls } from './program.js';

/*
 * The platform: posts ready-made bodies over persistent connections. After a 429 or 503 it waits for Retry-After and
 * sends the same request again.
 */

export interface Target {
  readonly url: string;
  readonly token: string;
  readonly connections: number;
}

export interface Sent {
  readonly events: number;
  readonly requests: number;
  /** Requests answered with 429 or 503. */
  readonly turnedAway: number;
  readonly firstMicros: number;
  /** The time of the last response. */
  readonly lastMicros: number;
}

/** The id of every event, and the due and response times of its request at the same index. */
export interface PacedSent extends Sent {
  readonly ids: readonly string[];
  readonly dueMicros: Float64Array;
  readonly answeredMicros: Float64Array;
}

let bodies: readonly Body[] = [];

export interface Bodies {
  readonly seed: number;
  readonly requestEvents: number;
  /** The user of all events; default: many users. */
  readonly user?: CatalogueEvent['user'];
}

/** Writes the bodies for all following jobs; no id is sent twice. */
function prepare({ seed, requestEvents, user }: Bodies): { readonly eventBytes: number } {
  const make = createEventMaker(seed);
  bodies = writeBodies(user ? (number) => ({ ...make(number), user }) : make, requestEvents);
  const bytes = bodies.reduce((sum, body) => sum + body.bytes.length, 0);
  return { eventBytes: bytes / (bodies.length * requestEvents) };
}

export interface Flood extends Target {
  readonly events: number;
  /** More APIs of the same hub, with as many connections to each. */
  readonly moreUrls?: readonly string[];
}

/** Sends as fast as the hub accepts events: each connection sends its next request after the previous response. */
async function flood(job: Flood): Promise<Sent> {
  const clients = [job.url, ...(job.moreUrls ?? [])].map((url) => openEventClient(url, job.token, job.connections));
  const senders = clients.flatMap((client) => Array.from({ length: job.connections }, () => client));
  const requests = Math.ceil(job.events / (bodies[0]?.events ?? 1));
  const free = [...bodies];
  let begun = 0;
  let events = 0;

  async function sendOn(client: ReturnType<typeof openEventClient>): Promise<void> {
    while (begun < requests) {
      begun++;
      const body = free.shift() as Body;
      body.renew();
      await postAll(client, body);
      events += body.events;
      free.push(body);
    }
  }

  const firstMicros = nowMicros();
  await Promise.all(senders.slice(0, bodies.length).map(sendOn));
  const lastMicros = nowMicros();
  await Promise.all(clients.map((client) => client.close()));
  const turnedAway = clients.reduce((sum, client) => sum + client.turnedAway(), 0);
  return { events, requests, turnedAway, firstMicros, lastMicros };
}

/** Sends at a fixed rate (open loop): each request is sent when due, even while earlier ones are unanswered. */
async function pace(job: Target & { readonly eventsPerSecond: number; readonly seconds: number }): Promise<PacedSent> {
  const client = openEventClient(job.url, job.token, job.connections);
  const requestEvents = bodies[0]?.events ?? 1;
  const requests = Math.max(1, Math.round((job.eventsPerSecond * job.seconds) / requestEvents));
  const gapMicros = (requestEvents / job.eventsPerSecond) * 1_000_000;
  const events = requests * requestEvents;
  const ids: string[] = new Array<string>(events).fill('');
  const dueMicros = new Float64Array(events);
  const answeredMicros = new Float64Array(events);
  const free = [...bodies];
  const posts: Promise<void>[] = [];

  async function post(body: Body, from: number, dueAtMicros: number): Promise<void> {
    body.renew();
    for (const [index, id] of body.ids().entries()) ids[from + index] = id;
    await postAll(client, body);
    dueMicros.fill(dueAtMicros, from, from + requestEvents);
    answeredMicros.fill(nowMicros(), from, from + requestEvents);
    free.push(body);
  }

  const firstMicros = nowMicros();
  for (let request = 0; request < requests; request++) {
    const dueAtMicros = firstMicros + request * gapMicros;
    for (let early = dueAtMicros - nowMicros(); early > 0; early = dueAtMicros - nowMicros())
      await wait(Math.max(1, early / 1000));
    const body = free.shift();
    if (!body)
      throw new Error(
        `all ${bodies.length} request bodies are in flight: the hub does not keep up with ${job.eventsPerSecond} events a second`,
      );
    posts.push(post(body, request * requestEvents, dueAtMicros));
  }
  await Promise.all(posts);
  const lastMicros = nowMicros();
  await client.close();
  return { events, requests, turnedAway: client.turnedAway(), firstMicros, lastMicros, ids, dueMicros, answeredMicros };
}

/** Throws when the hub has quarantined an event, which would not be measured. */
async function postAll(client: ReturnType<typeof openEventClient>, { bytes, events }: Body): Promise<void> {
  const receipt = await client.post(bytes);
  if (receipt.accepted !== events)
    throw new Error(
      `expected all ${events} events of a request accepted, got ${JSON.stringify(receipt).slice(0, 1_000)}`,
    );
}

const generator = { prepare, flood, pace };

export type Generator = typeof generator;

answerCalls(generator);
