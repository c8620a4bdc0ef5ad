import { parseArgs } from 'node:util';
import { startHub } from './hub/startHub.js';

const usage = `npm start [-- options]

Runs the hub: api and worker, with a Postgres of its own unless DATABASE_URL names one,
and the queue in Postgres unless REDIS_URL names a Redis. .env.example lists all variables.

  --data DIR   where the embedded Postgres and the master key are kept (.data)
  --help       this text
`;

const { values } = parseArgs({
  options: { data: { type: 'string', default: '.data' }, help: { type: 'boolean', default: false } },
});

if (values.help) {
  console.log(usage);
} else {
  await run(values.data);
}

async function run(dataDir: string): Promise<void> {
  const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, MASTER_KEY: masterKey } = process.env;
  if (databaseUrl && !masterKey) {
    console.error(
      'MASTER_KEY is missing. With a DATABASE_URL of your own, keep a key of your own too: 32 random bytes in base64, as `openssl rand -base64 32` makes them.',
    );
    process.exitCode = 2;
    return;
  }
  const environment = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  console.log(databaseUrl ? 'Starting the hub …' : `Starting the hub, with its database in ${dataDir}/ …`);
  const hub = await startHub({
    dataDir,
    databaseUrl: databaseUrl || undefined,
    redisUrl: redisUrl || undefined,
    masterKey: masterKey || undefined,
    environment,
    onLine: (_program, line) => console.log(line),
  });
  console.log(`
The hub is running. Ctrl-C stops it.
  events   POST ${hub.api.url}/v1/events
  admin    ${hub.api.url}/graphql${hub.adminToken ? `\n  admin token, shown only this once: ${hub.adminToken}` : ''}
`);
  let stopping = false;
  const stop = (why: string, exitCode: number): void => {
    if (stopping) return;
    stopping = true;
    console.log(`${why}; finishing what is under way …`);
    hub.stop().then(
      () => process.exit(exitCode),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', () => stop('Stopping', 0));
  process.on('SIGTERM', () => stop('Stopping', 0));
  for (const program of [hub.api, ...hub.workers]) {
    void program.ended.then((how) => stop(`The ${program.name} ended by itself (${how}), so the rest stops too`, 1));
  }
}
