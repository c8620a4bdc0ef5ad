import { openRepeatingClient } from '../../src/hub/repeatingClient.js';
import { events } from '../endToEnd/events.js';

export interface LoadOptions {
  readonly url: string;
  readonly token: string;
  readonly requestsPerSecond: number;
  readonly eventsPerRequest: number;
}

export interface Sent {
  /** The ids of all events that were sent at least once. */
  readonly all: ReadonlySet<string>;
  /** The ids of the events of requests with a 2xx response. */
  readonly acknowledged: ReadonlySet<string>;
  /** The number of retried requests, by failure. */
  readonly troubles: Readonly<Record<string, number>>;
}

export interface Load {
  /** The events sent so far. */
  readonly sent: Sent;
  /** Starts no new request, and resolves when all started ones are acknowledged. Rejects after an unexpected response. */
  stop(): Promise<Sent>;
}

/** The maximum number of requests in flight; the sender waits above it, as a sender with bounded memory does. */
const maxUnderWay = 64;

/**
 * Sends like the platform: requests at a constant rate over open connections; after a broken connection, a 5xx or a 429
 * it repeats the same body without limit.
 */
export function startLoad({ url, token, requestsPerSecond, eventsPerRequest }: LoadOptions): Load {
  const client = openRepeatingClient(url, token, maxUnderWay);
  const all = new Set<string>();
  const acknowledged = new Set<string>();
  const underWay = new Set<Promise<void>>();
  let failure: Error | undefined;

  async function send(): Promise<void> {
    const batch = events(eventsPerRequest);
    for (const { id } of batch) all.add(id);
    const { status, text, receipt } = await client.post(JSON.stringify({ events: batch }));
    if (receipt === undefined) throw new Error(`HTTP ${status}: ${text}`);
    if (receipt.accepted !== eventsPerRequest)
      throw new Error(`${eventsPerRequest} events were sent; the answer says ${text}`);
    for (const { id } of batch) acknowledged.add(id);
  }

  const timer = setInterval(() => {
    if (underWay.size >= maxUnderWay) return;
    const sending = send().catch((error: Error) => void (failure ??= error));
    underWay.add(sending);
    void sending.finally(() => underWay.delete(sending));
  }, 1_000 / requestsPerSecond);

  const sent: Sent = { all, acknowledged, troubles: client.troubles };
  return {
    sent,
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
      await client.close();
      if (failure !== undefined) throw failure;
      return sent;
    },
  };
}
