import type { Sql } from '../db/connect.js';

/** After a failover the pool is another one, on which nothing is subscribed; on the same pool a renewal asks the server nothing. */
const renewMs = 20_000;

export const tailChannels = { demand: 'currents_tail_demand', report: 'currents_tail_report' } as const;

/**
 * Passes on every notification of a channel until it is stopped. Some are lost while there is no connection. Resolves once
 * the first subscription is made, or has failed; it is then tried again.
 */
export async function subscribe(
  sql: Sql,
  channel: string,
  onPayload: (payload: string) => void,
  onError: (error: unknown) => void,
) {
  let isStopped = false;
  let current: { unlisten(): Promise<void> } | undefined;

  async function renew(): Promise<void> {
    try {
      const next = await sql.listen(channel, onPayload);
      end(current);
      current = next;
      if (isStopped) end(current);
    } catch (error) {
      if (!isStopped) onError(error);
    }
  }

  await renew();
  const timer = setInterval(() => void renew(), renewMs).unref();
  return {
    stop(): void {
      isStopped = true;
      clearInterval(timer);
      end(current);
    },
  };
}

/** Not awaited: a lost connection never answers, and ending the pool ends the subscription. */
function end(subscription: { unlisten(): Promise<void> } | undefined): void {
  void subscription?.unlisten().catch(() => undefined);
}
