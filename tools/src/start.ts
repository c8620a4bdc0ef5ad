import { ProgramFailed } from './hub/program.js';
import { startHub, type RunningHub } from './hub/startHub.js';
import { runCommand, text } from './options.js';

const command = {
  name: 'npm start',
  summary: `Runs the hub: api and worker, with a Postgres of its own unless DATABASE_URL names one,
and the queue in Postgres unless REDIS_URL names a Redis. .env.example lists all variables.`,
  options: {
    data: text('DIR', '.data', 'where the embedded Postgres, the master key and the first admin token are kept'),
  },
};

await runCommand(command, process.argv.slice(2), async ({ data }) => {
  try {
    await run(data);
  } catch (error) {
    // What a program printed has been passed on, and says why.
    if (!(error instanceof ProgramFailed)) console.error(`npm start: ${explain(error as Error, data)}`);
    else if (error.output.trim() === '') console.error(`npm start: ${error.summary}`);
    process.exit(1);
  }
});

async function run(dataDir: string): Promise<void> {
  const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, MASTER_KEY: masterKey } = process.env;
  if (databaseUrl && !masterKey) {
    throw new Error(
      'MASTER_KEY is missing; with a DATABASE_URL of your own, set a key of your own too: 32 random bytes in base64, as `openssl rand -base64 32` makes them',
    );
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
  admin    ${hub.api.url}/graphql${hub.adminTokenFile ? `\n  token    in ${hub.adminTokenFile}` : ''}
`);
  stopWithItsParts(hub);
}

/** Ends the hub when it is asked to, and when a part of it has ended by itself. */
function stopWithItsParts(hub: RunningHub): void {
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
  void hub.postgres?.ended.then((how) =>
    stop(
      `The embedded Postgres ended by itself (${how}), so the rest stops too; its last words are in ${hub.postgres?.logFile}`,
      1,
    ),
  );
}

/** One sentence. Names what to set where the files of the hub cannot be written. */
function explain(
  { message, ...error }: Error & { readonly code?: string; readonly path?: string },
  dataDir: string,
): string {
  const cannotWrite = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENOSPC', 'EDQUOT'].includes(error.code ?? '');
  return cannotWrite
    ? `cannot write ${error.path ?? dataDir} (${error.code}); set --data to a folder that this account can write`
    : message.trim().replace(/\s*\n\s*/g, ' ');
}
