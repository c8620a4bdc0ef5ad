import { setTimeout as wait } from 'node:timers/promises';
import { request } from 'undici';
import { number, text } from '../../options.js';
import { defineBench, inScope, type Stage } from '../bench.js';
import { openHub, type Hub } from '../hub/openHub.js';
import type { Attacker } from '../programs/attacker.js';
import { openSink } from '../programs/open.js';
import { startProgram } from '../programs/program.js';
import { percentile } from '../reading/percentiles.js';
import { readTree } from '../reading/processTree.js';

const limits = { stallMs: 50, healthP99Ms: 100, senderP99Ms: 250, memoryMegabytes: 300 };
const sendsPerSecond = 20;
const probesPerSecond = 20;
const nothing = 'no attack';

/** What callers that do harm cost those that do not. */
export const attacks = defineBench({
  name: 'npm run bench:attacks',
  summary: `Runs a sender of ${sendsPerSecond} requests a second and /healthz beside each attack on a hub of its own, and prints
the delays of both, the longest stall of the api's event loop and the memory of the api. Exit code 1 when a limit is
passed: a stall of ${limits.stallMs} ms more than without an attack, /healthz p99 ${limits.healthP99Ms} ms, the sender's p99 ${limits.senderP99Ms} ms, ${limits.memoryMegabytes} MB.`,
  options: {
    seconds: number(10, 1, 600, 'how long each attack lasts'),
    only: text('NAME', undefined, 'one attack alone, such as "bodies that stop"'),
  },
  async run({ seconds, only }, stage) {
    const names = [nothing, ...(only === undefined ? await namesOf(stage) : [only])];
    const results: Record<string, Measured> = {};
    for (const name of names) {
      const measured = await inScope(stage.cleanup, name, (cleanup) => measure({ ...stage, cleanup }, name, seconds));
      results[name] = measured;
      const { health, sender, stallMs, megabytes, refused, answers } = measured;
      stage.print(
        `${name.padEnd(26)} /healthz ${shown(health)}   sender ${shown(sender)}   stall ${stallMs.toFixed(0)} ms   ${megabytes.toFixed(0)} MB   ${JSON.stringify(answers)}`,
      );
      const idleMs = results[nothing]?.stallMs ?? 0;
      const faults: readonly (readonly [boolean, string])[] = [
        [stallMs - idleMs > limits.stallMs, `the event loop stalled for ${stallMs.toFixed(0)} ms`],
        [!(percentile(health, 0.99) <= limits.healthP99Ms), '/healthz answered late'],
        [!(percentile(sender, 0.99) <= limits.senderP99Ms), 'the good sender was answered late'],
        [megabytes > limits.memoryMegabytes, `the api held ${megabytes.toFixed(0)} MB`],
        [refused > 0, `${refused} requests of the good sender were refused`],
      ];
      for (const [isFault, words] of faults) if (isFault) stage.fail(`${name}: ${words}`);
    }
    return { limits, results };
  },
});

async function namesOf({ cleanup }: Stage): Promise<readonly string[]> {
  return inScope(cleanup, 'the list of attacks', async (own) => {
    const attacker = startProgram<Attacker>('attacker');
    own.add('an attacker', attacker.stop);
    return attacker.call('names');
  });
}

type Measured = Awaited<ReturnType<typeof measure>>;

/** One attack on a new hub. Delays in milliseconds; a request without an answer counts as the time until it failed. */
async function measure({ cleanup, folder, progress }: Stage, name: string, seconds: number) {
  progress(name);
  const { url: sinkUrl } = await openSink(cleanup);
  const hub = await openHub({ queue: 'postgres', sinkUrl, folder }, cleanup);
  if (!hub) throw new Error('expected a hub with its queue in Postgres');
  const attacker = startProgram<Attacker>('attacker');
  cleanup.add('an attacker', attacker.stop);
  await attacker.call('names');
  // Compiles what the sender uses, and empties the histogram of the event loop's delays.
  await callers(hub, 2);
  await readStallMs(hub);
  const target = { url: hub.url, seconds, token: hub.token, adminToken: hub.adminToken };
  const attack = name === nothing ? Promise.resolve({}) : attacker.call('attack', { name, target });
  const delays = await callers(hub, seconds);
  const stallMs = await readStallMs(hub);
  const answers = await attack;
  const megabytes = readTree(hub.processes()['api'] ?? 0).peakBytes / 1e6;
  return { ...delays, stallMs, megabytes, answers };
}

/** The good sender and the probe, for so long. */
async function callers({ url, token }: Pick<Hub, 'url' | 'token'>, seconds: number) {
  let sent = 0;
  let refused = 0;
  const send = async (): Promise<void> => {
    const events = Array.from({ length: 10 }, () => ({
      event_type: 'users.messages.email.Open',
      id: `good-${Date.now()}-${sent++}`,
      time: 1_750_000_000,
      user: { external_user_id: `good-${sent % 100}` },
      properties: {},
    }));
    const { statusCode, body } = await request(`${url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ events }),
    });
    await body.dump();
    if (statusCode !== 200) refused++;
  };
  const probe = async (): Promise<void> => {
    const { body } = await request(`${url}/healthz`);
    await body.dump();
  };
  const [sender, health] = await Promise.all([
    paced(send, sendsPerSecond, seconds),
    paced(probe, probesPerSecond, seconds),
  ]);
  return { sender, health, refused };
}

/** Starts a call at each beat, whatever has become of those before, and returns the milliseconds that each took. */
async function paced(call: () => Promise<void>, perSecond: number, seconds: number): Promise<readonly number[]> {
  const startMs = performance.now();
  const calls: Promise<number>[] = [];
  for (let beat = 0; beat < perSecond * seconds; beat++) {
    await wait(Math.max(0, startMs + (beat * 1_000) / perSecond - performance.now()));
    const beganMs = performance.now();
    calls.push(
      call().then(
        () => performance.now() - beganMs,
        () => performance.now() - beganMs,
      ),
    );
  }
  return Promise.all(calls);
}

/** The longest delay of the api's event loop since the metrics were read last. */
async function readStallMs({ url }: Pick<Hub, 'url'>): Promise<number> {
  const { body } = await request(`${url}/metrics`);
  const [, seconds] = /^nodejs_eventloop_lag_max_seconds(?:\{[^}]*\})? (\S+)$/m.exec(await body.text()) ?? [];
  if (seconds === undefined) throw new Error('the metrics hold no delay of the event loop');
  return Number(seconds) * 1_000;
}

function shown(delays: readonly number[]): string {
  const [p50, p99, max] = [0.5, 0.99, 1].map((share) => percentile(delays, share).toFixed(0));
  return `p50 ${p50} p99 ${p99} max ${max} ms`;
}
