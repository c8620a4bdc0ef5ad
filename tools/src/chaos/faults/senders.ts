import { request } from 'node:http';
import { createRandom, type Random } from '../../fakes/random.js';
import { expectTaken, makeEvent } from '../load.js';
import type { FaultContext, FaultMakers } from './context.js';

const floods = 4;
/** Of each of the concurrent senders, so that a run stays bounded. */
const maxRequests = 60;
const linesPerRequest = 20;
const slowSenders = 4;
const slices = 20;

/** Senders that make trouble. What they send well is still expected to arrive. */
export const senderFaults: FaultMakers<'senders'> = {
  async malformed(context, { lastsMs, choice, atMs }) {
    const untilMs = performance.now() + lastsMs;
    const flood = async (number: number): Promise<void> => {
      const random = createRandom(Math.floor(choice * 2 ** 31) + number);
      for (let made = 0; made < maxRequests && performance.now() < untilMs; made++)
        await sendMalformed(context, random, `flood-${atMs}-${number}-${made}`);
    };
    await Promise.all(Array.from({ length: floods }, (_, number) => flood(number)));
  },
  async slow(context, { lastsMs, choice, atMs }) {
    const random = createRandom(Math.floor(choice * 2 ** 31));
    await Promise.all(
      Array.from({ length: slowSenders }, (_, number) =>
        sendSlowly(context, random, `slow-${atMs}-${number}`, lastsMs),
      ),
    );
  },
};

/** Lines of which one is a good event, or a body that cannot be read at all. */
async function sendMalformed({ client, sent, signal }: FaultContext, random: Random, name: string): Promise<void> {
  if (random() < 0.3) {
    const { status } = await client.post(Buffer.from([...unreadable(random), ...Buffer.from(name)]), { signal });
    if (status !== 400) sent.wrongAnswers.push(`an unreadable body was answered ${status}`);
    return;
  }
  const event = makeEvent(name, name, random);
  sent.ids.add(event.id);
  const lines: (string | Buffer)[] = Array.from({ length: linesPerRequest }, (_, line) =>
    badLine(random, `${name}-${line}`),
  );
  lines.splice(Math.floor(random() * lines.length), 0, JSON.stringify(event));
  const body = Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')]));
  const answer = await client.post(body, { contentType: 'application/x-ndjson', signal });
  expectTaken(answer, [{ user: name, event }], sent);
}

function unreadable(random: Random): Buffer {
  const bodies = ['{"events":[{"id":', '[[[[', '\u0000', '<html>', '{"events":{}'];
  return Buffer.from(bodies[Math.floor(random() * bodies.length)] ?? '');
}

function badLine(random: Random, name: string): string | Buffer {
  const lines: readonly (string | Buffer)[] = [
    `{"event_type":"users.messages.email.Open","id":"${name}"`,
    JSON.stringify({ event_type: 'users.messages.pigeon.Send', id: name, time: 1, user: {} }),
    JSON.stringify({ id: name }),
    `"${name}"`,
    Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
    '}'.repeat(50),
  ];
  return lines[Math.floor(random() * lines.length)] ?? '';
}

/** Sends a body in small pieces; repeats it as usual when the connection breaks meanwhile. */
async function sendSlowly(context: FaultContext, random: Random, name: string, lastsMs: number): Promise<void> {
  const { client, sent, signal } = context;
  const batch = [0, 1, 2].map((index) => ({ user: name, event: makeEvent(`${name}-${index}`, name, random) }));
  for (const { event } of batch) sent.ids.add(event.id);
  const body = Buffer.from(JSON.stringify({ events: batch.map(({ event }) => event) }));
  await trickle(context, body, lastsMs).catch(() => undefined);
  // The hub knows a request that it has taken: it answers the same again.
  expectTaken(await client.post(body, { signal }), batch, sent);
}

async function trickle({ hub, pause }: FaultContext, body: Buffer, lastsMs: number): Promise<void> {
  const call = request(`${hub.apiUrl}/v1/events`, {
    method: 'POST',
    agent: false,
    timeout: lastsMs + 10_000,
    headers: {
      authorization: `Bearer ${hub.ingestToken}`,
      'content-type': 'application/json',
      'content-length': body.length,
    },
  });
  const answered = new Promise<void>((resolve, reject) => {
    call.on('error', reject);
    call.on('timeout', () => call.destroy(new Error('no answer')));
    call.on('response', (response) => response.on('error', reject).resume().on('end', resolve));
  });
  answered.catch(() => undefined);
  const piece = Math.ceil(body.length / slices);
  for (let from = 0; from < body.length && !call.destroyed; from += piece) {
    call.write(body.subarray(from, from + piece));
    await pause(lastsMs / slices);
  }
  call.end();
  await answered;
}
