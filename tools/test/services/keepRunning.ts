import { startPostgres } from '../../src/services/postgres.js';
import { startRedis } from '../../src/services/redis.js';

/* Starts one server, prints its URL, and runs until it is killed. */
const [kind, dataDir] = process.argv.slice(2);
const server =
  kind === 'redis' ? await startRedis() : await startPostgres({ durable: false, ...(dataDir ? { dataDir } : {}) });
console.log(server?.url ?? 'none');
setInterval(() => undefined, 60_000);
