import { setTimeout as wait } from 'node:timers/promises';
import { Pool } from 'undici';

/** The response to a request with events. */
export interface Receipt {
  readonly accepted: number;
  readonly quarantined: number;
}

/** Posts events as the platform does: after a 429 or 503 it waits for Retry-After and sends the same body again. */
export function openEventClient(apiUrl: string, token: string, connections: number) {
  const pool = new Pool(apiUrl, { connections });
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'braze-currents-version': '1',
  };
  let turnedAway = 0;
  return {
    async post(body: string | Buffer): Promise<Receipt> {
      for (;;) {
        const answer = await pool.request({ path: '/v1/events', method: 'POST', headers, body });
        const text = await answer.body.text();
        if (answer.statusCode === 200) return JSON.parse(text) as Receipt;
        if (answer.statusCode !== 429 && answer.statusCode !== 503)
          throw new Error(`the hub answered ${answer.statusCode}: ${text}`);
        turnedAway++;
        await wait(1_000 * Number(answer.headers['retry-after'] ?? 1));
      }
    },
    /** Requests answered with 429 or 503. */
    turnedAway: () => turnedAway,
    close: () => pool.close(),
  };
}
