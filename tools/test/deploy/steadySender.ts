import { setTimeout as wait } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { events } from '../endToEnd/events.js';

const eventsPerRequest = 100;
/** Half of the senders keep their connection, the others open one for each request. */
const senders = 12;
const pauseMs = 80;

export type SteadySender = ReturnType<typeof startSteadySender>;

/**
 * Sends events without a gap until it is stopped. It repeats a request that was not accepted, as the platform does, and
 * notes every connection that was refused or broken.
 */
export function startSteadySender(url: string, token: string) {
  const agent = new Agent({ connections: senders });
  const ids = new Set<string>();
  const broken: string[] = [];
  let turnedAway = 0;
  let isOver = false;

  async function post(body: string, keepsConnection: boolean): Promise<void> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    for (;;) {
      try {
        const options = { method: 'POST', dispatcher: agent, headers, body, reset: !keepsConnection } as const;
        const { statusCode, headers: answered, body: answer } = await request(`${url}/v1/events`, options);
        const text = await answer.text();
        if (statusCode === 200) return;
        if (statusCode !== 429 && statusCode !== 503) throw new Error(`HTTP ${statusCode}: ${text}`);
        turnedAway++;
        await wait(1_000 * Number(answered['retry-after'] ?? 1));
      } catch (error) {
        broken.push((error as NodeJS.ErrnoException).code ?? String(error));
        await wait(100);
      }
    }
  }

  async function send(index: number): Promise<void> {
    while (!isOver) {
      const batch = events(eventsPerRequest);
      await post(JSON.stringify({ events: batch }), index % 2 === 0);
      for (const { id } of batch) ids.add(id);
      await wait(pauseMs);
    }
  }

  const sending = Promise.all(Array.from({ length: senders }, (_, index) => send(index)));
  return {
    /** The ids of all accepted events. */
    ids: ids as ReadonlySet<string>,
    /** Connections that were refused, or that broke before the answer. */
    broken: broken as readonly string[],
    /** Requests that were answered with 429 or 503. */
    turnedAway: () => turnedAway,
    async stop() {
      isOver = true;
      await sending;
      await agent.close();
    },
  };
}
