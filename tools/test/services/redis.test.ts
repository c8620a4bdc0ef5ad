import { Redis } from 'ioredis';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { findProcess } from '../../src/services/processes.js';
import { startRedis } from '../../src/services/redis.js';
import { prepareElsewhere } from './startElsewhere.js';

const startElsewhere = await prepareElsewhere();
const found = await startRedis();
await found?.stop();

afterEach(() => vi.unstubAllEnvs());

async function ask(url: string, ...command: [string, ...string[]]): Promise<unknown> {
  const redis = new Redis(url, { lazyConnect: true, enableReadyCheck: false, retryStrategy: () => null });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    return await redis.call(...command);
  } finally {
    redis.disconnect();
  }
}

async function askAsStranger(url: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.setEncoding('utf8').write('PING\r\n');
  const [answer] = (await once(socket, 'data')) as [string];
  socket.destroy();
  return answer;
}

const idOf = async (url: string) => Number(/process_id:(\d+)/.exec(String(await ask(url, 'info', 'server')))?.[1]);
const folderOf = async (url: string) => ((await ask(url, 'config', 'get', 'dir')) as string[])[1] ?? '';

it('startRedis returns undefined if the machine has no Redis', async () => {
  vi.stubEnv('PATH', '/nowhere');
  expect(await startRedis()).toBeUndefined();
});

it.runIf(found)('a server listens only on 127.0.0.1, requires its password, and persists its data', async () => {
  const server = await startRedis();
  const url = server?.url ?? '';
  expect(await ask(url, 'config', 'get', 'bind')).toEqual(['bind', '127.0.0.1']);
  expect(await ask(url, 'config', 'get', 'appendonly')).toEqual(['appendonly', 'yes']);
  expect(await ask(url, 'config', 'get', 'appendfsync')).toEqual(['appendfsync', 'everysec']);
  expect(await askAsStranger(url)).toContain('NOAUTH');
  const folder = await folderOf(url);
  const id = await idOf(url);
  await server?.stop();
  expect(existsSync(folder)).toBe(false);
  expect(findProcess(id)).toBeUndefined();
});

it.runIf(found)('a server ends and removes its data when the process that started it is killed', async () => {
  const other = await startElsewhere('redis');
  const folder = await folderOf(other.url);
  const id = await idOf(other.url);
  await other.kill();
  await vi.waitFor(() => expect(findProcess(id)).toBeUndefined(), 15_000);
  await vi.waitFor(() => expect(existsSync(folder)).toBe(false), 15_000);
});
