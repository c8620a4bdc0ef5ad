import { openEventClient, type Receipt } from '../hub/eventClient.js';

const connections = 8;

/** Posts every body over several connections; returns how many events were accepted and quarantined. */
export async function sendBodies(
  apiUrl: string,
  token: string,
  bodies: readonly string[],
  onReceipt: (sum: Receipt) => void = () => undefined,
): Promise<Receipt> {
  const client = openEventClient(apiUrl, token, connections);
  const waiting = [...bodies];
  let sum: Receipt = { accepted: 0, quarantined: 0 };
  const send = async (): Promise<void> => {
    for (let body = waiting.shift(); body !== undefined; body = waiting.shift()) {
      const { accepted, quarantined } = await client.post(body);
      sum = { accepted: sum.accepted + accepted, quarantined: sum.quarantined + quarantined };
      onReceipt(sum);
    }
  };
  await Promise.all(Array.from({ length: connections }, send)).finally(client.close);
  return sum;
}
