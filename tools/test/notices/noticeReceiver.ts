import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isWebhookSignedBy } from '@currents/core';

export interface ReceivedNotice {
  readonly webhookId: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A strict receiver of notice webhooks: it accepts only what is signed, and is of this moment. */
export async function openNoticeReceiver() {
  const received: ReceivedNotice[] = [];
  const complaints: string[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const chunk of request.setEncoding('utf8')) body += chunk as string;
      receiver.requests++;
      if (receiver.refusal !== undefined) return response.writeHead(receiver.refusal).end();
      const { headers } = request;
      if (!isWebhookSignedBy(receiver.secret, headers, body)) complaints.push('not signed by the secret');
      if (Math.abs(Number(headers['webhook-timestamp']) * 1000 - Date.now()) > 60_000)
        complaints.push('of another time');
      const { type, data } = JSON.parse(body) as Omit<ReceivedNotice, 'webhookId'>;
      received.push({ webhookId: String(headers['webhook-id']), type, data });
      return response.writeHead(204).end();
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/notices`,
    received,
    complaints,
    secret: '',
    requests: 0,
    /** The status of every answer, while set. */
    refusal: undefined as number | undefined,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}
