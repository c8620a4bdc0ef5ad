import { setTimeout as wait } from 'node:timers/promises';
import { Pool } from 'undici';

export interface Receipt {
  readonly accepted: number;
  readonly quarantined: number;
}

const connections = 8;

/** Posts every body as a real sender would: told to come again, it comes again with the same body. */
export async function sendBodies(
  apiUrl: string,
  token: string,
  bodies: readonly string[],
  onReceipt: (sum: Receipt) => void,
): Promise<Receipt> {
  const pool = new Pool(apiUrl, { connections });
  let sum: Receipt = { accepted: 0, quarantined: 0 };
  let next = 0;
  const sender = async (): Promise<void> => {
    for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) {
      const receipt = await post(pool, token, body);
      sum = { accepted: sum.accepted + receipt.accepted, quarantined: sum.quarantined + receipt.quarantined };
      onReceipt(sum);
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, sender));
  } finally {
    await pool.close();
  }
  return sum;
}

async function post(pool: Pool, token: string, body: string): Promise<Receipt> {
  for (;;) {
    const response = await pool.request({
      method: 'POST',
      path: '/v1/events',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'braze-currents-version': '1' },
      body,
    });
    const text = await response.body.text();
    if (response.statusCode === 200) return JSON.parse(text) as Receipt;
    if (response.statusCode !== 429 && response.statusCode !== 503)
      throw new Error(`the api answered ${response.statusCode}: ${text}`);
    await wait(Number(response.headers['retry-after'] ?? 1) * 1000);
  }
}
