import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findFreePort } from './ports.js';
import type { RunningServer } from './postgres.js';
import { findProgram, runToEnd } from './programs.js';
import { spawnServer } from './spawnServer.js';

export interface PrometheusOptions {
  /** Addresses of the form `127.0.0.1:4000`, by the name of their job. */
  readonly targets: Readonly<Record<string, readonly string[]>>;
  /** The content of a file of rules. */
  readonly rules: string;
  /** Samples of the past in the OpenMetrics text format, with times. */
  readonly history?: string;
}

export interface RunningPrometheus extends RunningServer {
  /** The labels of all alerts that fire now. */
  firing(): Promise<readonly Readonly<Record<string, string>>[]>;
}

/**
 * Starts the machine's Prometheus on 127.0.0.1, with an empty temporary directory. It scrapes and evaluates every second.
 * Undefined if the machine has none. It ends with this process.
 */
export async function startPrometheus(options: PrometheusOptions): Promise<RunningPrometheus | undefined> {
  const program = findProgram('prometheus');
  const promtool = findProgram('promtool');
  if (program === undefined || promtool === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'currents-prometheus-'));
  try {
    const port = await findFreePort();
    await writeFile(join(folder, 'rules.yml'), options.rules);
    await writeFile(join(folder, 'prometheus.yml'), configuration(options.targets));
    if (options.history !== undefined) {
      await writeFile(join(folder, 'history.txt'), options.history);
      const words = ['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'history.txt'), join(folder, 'data')];
      await runToEnd(promtool, words);
    }
    const server = await spawnServer({
      program,
      words: [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      account: {},
      logFile: join(folder, 'server.log'),
      temporaryDirectory: folder,
      farewell: [
        { signal: 'SIGTERM', waitMs: 10_000 },
        { signal: 'SIGKILL', waitMs: 3_000 },
      ],
    });
    const url = `http://127.0.0.1:${port}`;
    if (!(await isReady(url, server.hasEnded))) {
      const log = await readFile(join(folder, 'server.log'), 'utf8');
      await server.end();
      throw new Error(`prometheus did not start: ${log.slice(-2_000)}`);
    }
    return { url, stop: server.stop, firing: () => readFiring(url) };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

function configuration(targets: PrometheusOptions['targets']): string {
  return JSON.stringify({
    // JSON is YAML.
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: ['rules.yml'],
    scrape_configs: Object.entries(targets).map(([job, addresses]) => ({
      job_name: job,
      static_configs: [{ targets: addresses }],
    })),
  });
}

async function isReady(url: string, hasEnded: () => boolean): Promise<boolean> {
  for (const end = Date.now() + 60_000; Date.now() < end && !hasEnded(); await wait(100)) {
    const answer = await fetch(`${url}/-/ready`).catch(() => undefined);
    if (answer?.ok) return true;
  }
  return false;
}

interface Alert {
  readonly state: 'pending' | 'firing';
  readonly labels: Readonly<Record<string, string>>;
}

async function readFiring(url: string): Promise<readonly Readonly<Record<string, string>>[]> {
  const answer = await fetch(`${url}/api/v1/alerts`);
  const { data } = (await answer.json()) as { readonly data: { readonly alerts: readonly Alert[] } };
  return data.alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels);
}
