import { startHub } from './hub/startHub.js';
import { runCommand, text } from './options.js';

const command = {
  name: 'npm start',
  summary: `Runs the hub: api and worker, with a Postgres of its own unless DATABASE_URL names one,
and the queue in Postgres unless REDIS_URL names a Redis. .env.example lists all variables.`,
  options: { data: text('DIR', '.data', 'where the embedded Postgres and the master key are kept') },
};

await runCommand(command, process.argv.slice(2), run);

async function run({ data: dataDir }: { readonly data: string }): Promise<void> {
  const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, MASTER_KEY: masterKey } = process.env;
  if (databaseUrl && !masterKey) {
    console.error(
      'MASTER_KEY is missing. With a DATABASE_URL of your own, keep a key of your own too: 32 random bytes in base64, as `openssl rand -base64 32` makes them.',
    );
    process.exitCode = 2;
    return;
  }
  console.log(databaseUrl ? 'Starting the hub …' : `Starting the hub, with its database in ${dataDir}/ …`);
  const hub = await startHub({
    dataDir,
    databaseUrl: databaseUrl || undefined,
    redisUrl: redisUrl || undefined,
    masterKey: masterKey || undefined,
    environment: process.env as Record<string, string>,
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
