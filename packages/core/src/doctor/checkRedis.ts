import { Redis } from 'ioredis';
import { notOk, ok, type Seen } from './finding.js';

/** BullMQ's minimum (docs.bullmq.io, Guide, Connections and "Going to production"). */
const minVersion = [6, 2] as const;
const timeoutMs = 5_000;

/** The Redis of the queue and of the partners' rate limits. Writes nothing. */
export async function checkRedis(redisUrl: string): Promise<Seen> {
  const redis = new Redis(redisUrl, {
    lazyConnect: true,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let failure: unknown;
  redis.on('error', (error) => (failure = error));
  try {
    await redis.connect();
    return judge(valuesOf(await redis.info()));
  } catch (error) {
    return notOk(`the Redis that REDIS_URL names cannot be used (${reasonOf(failure ?? error)}); ${advice}`);
  } finally {
    redis.disconnect();
  }
}

const advice = 'see that it runs, and that host, port, user and password are right';

function judge(info: ReadonlyMap<string, string>): Seen {
  const version = info.get('redis_version') ?? '';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < minVersion[0] || (major === minVersion[0] && minor < minVersion[1]))
    return notOk(`expected Redis ${minVersion.join('.')} or newer, got ${version}; upgrade it`);
  if (info.get('role') === 'slave')
    return notOk('it is a replica, which cannot be written to; set REDIS_URL to the primary');
  const policy = info.get('maxmemory_policy') ?? 'noeviction';
  if (Number(info.get('maxmemory')) > 0 && policy !== 'noeviction')
    return notOk(
      `when it is full it forgets rate limits and wake-up calls: set maxmemory-policy to noeviction, not ${policy}`,
    );
  return ok(`Redis ${version}`);
}

/** The lines `name:value` of INFO. */
function valuesOf(info: string): ReadonlyMap<string, string> {
  return new Map(
    info.split('\r\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  );
}

/** A code or the word that Redis begins its errors with; nothing that the URL holds. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return /^[A-Z]+(?= )/.exec(error.message)?.[0] ?? error.name;
}
