import { expect } from 'vitest';
import { startProgram, type Program } from '../../src/hub/program.js';
import {
  apiKeyOf,
  insertIdOf,
  shownAtAmplitude,
  startAmplitudeHub,
  type AmplitudeHub,
} from '../endToEnd/amplitudeHub.js';
import { events } from '../endToEnd/events.js';
import { ledgerOf } from '../endToEnd/ledger.js';
import { onceEach } from '../endToEnd/shown.js';
import { until } from '../endToEnd/until.js';

const project = 'hot';
const device = 'C8F9E604-F01A-4BD9-95C6-8E5357DF265D';
/** 600 events in 30 seconds. */
const eventsPerSecond = 20;
const settings = { endpoint: 'httpapi', eventsPerSecondPerKey: eventsPerSecond };

/** A hub with a Current whose events are mostly of one device. */
export interface Scene {
  readonly hub: AmplitudeHub;
  readonly current: number;
  /** Posts requests of 60 events of the device and 40 of others; returns the ids of the others. */
  post(requests: number): Promise<string[]>;
  /** Resolves when all of these events have arrived. */
  untilThere(ids: readonly string[]): Promise<void>;
  startWorker(): Promise<Program>;
  /** Raises the limit at Amplitude and in the settings, waits until no event is pending, and checks events and ledger. */
  drain(): Promise<void>;
  stop(): Promise<void>;
}

/** @param redisUrl the Redis of the queue and the buckets; default: they are in Postgres. */
export async function openScene(redisUrl?: string): Promise<Scene> {
  const opened = await startAmplitudeHub({
    projects: { [project]: { limits: { httpapiEps: eventsPerSecond } } },
    redisUrl,
  });
  const workers: Program[] = [];
  const current = await opened.launch(project, { settings });
  const sent: string[] = [];
  let made = 0;
  const view = () => opened.amplitude.control.ledger().view;
  return {
    hub: opened,
    current,
    async post(requests) {
      const posted = Array.from({ length: requests }, () => {
        const hot = events(60, { user: { device_id: device } });
        const others = events(40).map((event) => ({ ...event, user: { external_user_id: `user ${made++}` } }));
        return { body: [...hot.slice(0, 30), ...others, ...hot.slice(30)], others: others.map(({ id }) => id) };
      });
      sent.push(...posted.flatMap(({ body }) => body.map(({ id }) => id)));
      for (const { body } of posted) expect(await opened.post(body)).toMatchObject({ status: 200 });
      return posted.flatMap(({ others }) => others);
    },
    async untilThere(ids) {
      const missing = () => ids.filter((id) => !new Set(view().map(insertIdOf)).has(id)).length;
      await until(missing, (count) => count === 0, 30_000);
    },
    async startWorker() {
      const worker = await startProgram('worker', {
        environment: { ...opened.hub.environment, WORKER_PORT: '0' },
        onLine: () => undefined,
      });
      workers.push(worker);
      return worker;
    },
    async drain() {
      opened.amplitude.control.setLimits(apiKeyOf(project), { httpapiEps: 1_000 });
      await opened.change(current, { ...settings, eventsPerSecondPerKey: 1_000 });
      // A device that Amplitude throttled waits for 30 seconds.
      const counts = await until(
        () => ledgerOf(opened.sql, current),
        ({ pending }) => pending === 0,
        60_000,
      );
      expect(counts).toEqual({
        selected: sent.length,
        delivered: sent.length,
        skipped: 0,
        rejected: 0,
        expired: 0,
        pending: 0,
      });
      expect(shownAtAmplitude({ view: view() }, project)).toEqual(onceEach(sent));
    },
    async stop() {
      await Promise.all(workers.map((worker) => worker.stop()));
      await opened.stop();
    },
  };
}

/** How many requests Amplitude has refused as too many. */
export const refusals = ({ hub: { amplitude } }: Scene): number => amplitude.control.summary().statuses['429'] ?? 0;

/** Kills two workers, one after the other, and expects the hot device within its limit and every event once. */
export async function surviveWorkerKills(redisUrl?: string): Promise<void> {
  const scene = await openScene(redisUrl);
  try {
    const second = await scene.startWorker();
    const first = scene.hub.hub.workers[0];
    await scene.untilThere(await scene.post(8));
    const others = scene.post(8);
    await first?.kill();
    await scene.startWorker();
    await scene.untilThere(await others);
    await second.kill();
    await scene.untilThere(await scene.post(8));
    expect((await ledgerOf(scene.hub.sql, scene.current)).pending).toBeGreaterThan(700);
    expect(refusals(scene)).toBeLessThan(10);
    await scene.drain();
  } finally {
    await scene.stop();
  }
}
