import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startFakeMixpanel, type FakeMixpanel } from '../../src/fakes/mixpanel/startFakeMixpanel.js';
import { startHub, type RunningHub } from '../../src/hub/startHub.js';
import { readCurl } from './curl.js';

/** A request to the webhook URL of the README. */
export interface WebhookRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Runs the steps of the README on a hub with an empty database. */
export interface Newcomer {
  readonly hub: RunningHub;
  readonly mixpanel: FakeMixpanel;
  /** All output lines of api and worker. */
  readonly output: readonly string[];
  /** The secrets that the hub has returned, by their placeholder in the README. */
  readonly shown: ReadonlyMap<string, string>;
  readonly webhookRequests: readonly WebhookRequest[];
  /** The data of a GraphQL document. Rejects if it has errors. */
  ask(document: string): Promise<Readonly<Record<string, unknown>>>;
  /** The body of a successful response. */
  request(command: string): Promise<string>;
  stop(): Promise<void>;
}

const projectToken = 'f0e1d2c3b4a5968778695a4b3c2d1e0f';

/** The field that returns each secret, by its placeholder in the README. */
const secrets = { token: '<ingest token>', key: '<data import key>', secret: '<webhook secret>' } as const;

export async function startNewcomer(): Promise<Newcomer> {
  const mixpanel = await startFakeMixpanel({ projects: [{ projectId: '1', token: projectToken }] });
  const webhookRequests: WebhookRequest[] = [];
  const receiver = createServer((request, response) => {
    void request
      .setEncoding('utf8')
      .toArray()
      .then((parts) => {
        webhookRequests.push({ headers: request.headers as Record<string, string>, body: parts.join('') });
        response.writeHead(204).end();
      });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const output: string[] = [];
  const hub = await startHub({
    environment: {
      API_PORT: '0',
      WORKER_PORT: '0',
      LOG_LEVEL: 'trace',
      ALLOW_CUSTOM_BASE_URL: 'true',
      ALLOW_PRIVATE_ADDRESSES: 'true',
    },
    onLine: (_program, line) => void output.push(line),
  });
  const shown = new Map<string, string>([['<admin token>', hub.adminToken ?? '']]);
  /** The replacements of the test: addresses outside of the hub, and tokens. */
  const standIns = new Map([
    ['http://127.0.0.1:4000', hub.api.url],
    ['https://example.com/segments', `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/segments`],
    ['region: "eu"', `region: "eu", baseUrl: "${mixpanel.url}"`],
    ['your project token', projectToken],
  ]);
  const fill = (text: string): string =>
    [...standIns, ...shown].reduce((filled, [written, meant]) => filled.replaceAll(written, meant), text);

  return {
    hub,
    mixpanel,
    output,
    shown,
    webhookRequests,
    async ask(document) {
      const response = await fetch(`${hub.api.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${hub.adminToken}` },
        body: JSON.stringify({ query: fill(document) }),
      });
      const { data, errors } = (await response.json()) as {
        data?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
        errors?: unknown;
      };
      if (errors !== undefined || !data) throw new Error(`${response.status}: ${JSON.stringify(errors)}`);
      for (const answer of Object.values(data)) {
        if ('message' in answer) throw new Error(String(answer['message']));
        for (const [field, written] of Object.entries(secrets)) {
          if (typeof answer[field] === 'string') shown.set(written, answer[field]);
        }
      }
      return data;
    },
    async request(command) {
      const { url, method, headers, body } = readCurl(fill(command));
      const response = await fetch(url, { method, headers, ...(body !== undefined && { body }) });
      const text = await response.text();
      if (!response.ok) throw new Error(`${response.status}: ${text}`);
      return text;
    },
    async stop() {
      await hub.stop();
      receiver.closeAllConnections();
      await Promise.all([mixpanel.close(), new Promise((resolve) => receiver.close(resolve))]);
    },
  };
}
