import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { findFreePort } from './ports.js';
import type { RunningServer } from './postgres.js';
import { findProgram } from './programs.js';
import { spawnServer, type SpawnedServer } from './spawnServer.js';

export interface RedisOptions {
  /** The persistent data directory, which exists. Default: a temporary directory, removed at the end. */
  readonly dataDir?: string;
  /** The address and password of an earlier start. Default: a free port, and a new password. */
  readonly url?: string;
}

export interface RunningRedis extends RunningServer {
  /** Kills the server, as a crash would. With a data directory of its own it can be started again. */
  kill(): Promise<void>;
  /** Sends SIGSTOP or SIGCONT: a server that accepts connections and answers nothing, and its end. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
}

/**
 * Starts the machine's `redis-server` on 127.0.0.1, by default with an empty temporary directory, and resolves once it
 * accepts commands. Undefined if the machine has none. The server ends with this process, as Postgres does.
 */
export async function startRedis({ dataDir, url: former }: RedisOptions = {}): Promise<RunningRedis | undefined> {
  const program = findProgram('redis-server');
  if (program === undefined) return undefined;
  const temporaryDirectory = dataDir === undefined ? await mkdtemp(join(tmpdir(), 'currents-redis-')) : undefined;
  const folder = dataDir ?? temporaryDirectory ?? '';
  try {
    for (let tries = 1; ; tries += 1) {
      const port = former === undefined ? await findFreePort() : Number(new URL(former).port);
      const password = former === undefined ? randomBytes(24).toString('base64url') : new URL(former).password;
      const server = await spawnServer({
        program,
        words: ['-'],
        input: settings(folder, port, password),
        account: {},
        logFile: join(folder, 'server.log'),
        temporaryDirectory,
        farewell: [
          { signal: 'SIGTERM', waitMs: 5_000 },
          { signal: 'SIGKILL', waitMs: 3_000 },
        ],
      });
      const url = `redis://:${password}@127.0.0.1:${port}`;
      if (await isReady(server, url)) return { url, kill: server.kill, signal: server.signal, stop: server.stop };
      await server.end();
      const failure = await server.readLog();
      if (tries === 5 || !failure.includes('Address already in use')) {
        throw new Error(`${program} did not start on 127.0.0.1:${port}: ${failure}`);
      }
    }
  } catch (error) {
    if (temporaryDirectory !== undefined) await rm(temporaryDirectory, { recursive: true, force: true });
    throw error;
  }
}

function settings(folder: string, port: number, password: string): string {
  return [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir ${JSON.stringify(folder)}`,
    `requirepass ${password}`,
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    // Entries of a queue must never be evicted (BullMQ, Going to production).
    'maxmemory-policy noeviction',
    // Enough for one database per test file.
    'databases 1024',
    '',
  ].join('\n');
}

async function isReady(server: SpawnedServer, url: string): Promise<boolean> {
  for (const end = Date.now() + 20_000; Date.now() < end && !server.hasEnded(); await wait(10)) {
    const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
    redis.on('error', () => undefined);
    try {
      await redis.connect();
      // Another server may have taken the port.
      if ((await redis.info('server')).includes(`process_id:${server.id}\r`)) return true;
    } catch {
      // The server is not ready yet.
    } finally {
      redis.disconnect();
    }
  }
  return false;
}
