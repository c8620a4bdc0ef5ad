import { setTimeout as wait } from 'node:timers/promises';
import { sampleOf } from '@currents/schema';
import { createRandom, type Random } from '../fakes/random.js';
import type { FinalAnswer, RepeatingClient } from '../hub/repeatingClient.js';
import type { SentEvents } from './sentEvents.js';

/** Types that both destinations map. */
export const loadTypes = ['users.messages.email.Open', 'users.behaviors.CustomEvent', 'users.messages.sms.Delivery'];

/** Senders that each send one request after another, for users of their own: so their events have an order. */
const sequences = 8;
const usersPerSequence = 25;
const eventsPerRequest = 10;
/** Of each sequence: 400 events a second together. */
const requestEveryMs = 200;

export interface Event {
  readonly id: string;
  readonly event_type: string;
}

/** A good event with a unique id. */
export function makeEvent(id: string, user: string, random: Random): Event {
  const type = loadTypes[Math.floor(random() * loadTypes.length)] ?? '';
  const sample = sampleOf(type);
  return { ...sample, id, time: Math.floor(Date.now() / 1_000), user: { external_user_id: user } } as Event;
}

export interface LoadDeps {
  readonly client: RepeatingClient;
  readonly seed: number;
  readonly sent: SentEvents;
  /** Gives up what is not answered yet. */
  readonly signal: AbortSignal;
}

/** Sends until it is stopped; `stop` resolves when all that was begun is answered. */
export function startLoad(deps: LoadDeps) {
  const stopping = new AbortController();
  const sending = Promise.all(
    Array.from({ length: sequences }, (_, sequence) => runSequence(sequence, deps, stopping.signal)),
  );
  // `stop` rejects with it.
  sending.catch(() => undefined);
  return {
    async stop(): Promise<void> {
      stopping.abort();
      await sending;
    },
  };
}

async function runSequence(sequence: number, deps: LoadDeps, stopping: AbortSignal): Promise<void> {
  const { client, sent, signal, seed } = deps;
  const random = createRandom(seed * 1_000 + sequence);
  for (let request = 0; !stopping.aborted && !signal.aborted; request++) {
    const beganMs = performance.now();
    const batch = Array.from({ length: eventsPerRequest }, (_, index) => {
      const user = `user-${sequence}-${Math.floor(random() * usersPerSequence)}`;
      return { user, event: makeEvent(`${seed}-${sequence}-${request}-${index}`, user, random) };
    });
    for (const { event } of batch) sent.ids.add(event.id);
    const answer = await client.post(JSON.stringify({ events: batch.map(({ event }) => event) }), { signal });
    expectTaken(answer, batch, sent);
    const restMs = requestEveryMs - (performance.now() - beganMs);
    if (restMs > 0) await wait(restMs, undefined, { signal: stopping }).catch(() => undefined);
  }
}

/** Counts an answer to good events, which must all be accepted. */
export function expectTaken(
  { status, receipt, text }: FinalAnswer,
  batch: readonly { readonly user: string; readonly event: Event }[],
  sent: SentEvents,
): void {
  if (receipt?.accepted !== batch.length)
    sent.wrongAnswers.push(`${batch.length} good events were answered ${status}: ${text.slice(0, 200)}`);
  for (const { event, user } of batch) {
    sent.users.set(event.id, user);
    sent.types.set(event.id, event.event_type);
  }
  sent.accepted += receipt?.accepted ?? 0;
  sent.quarantined += receipt?.quarantined ?? 0;
}
