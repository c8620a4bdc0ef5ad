import type { CohortReference } from '@currents/connector';
import { startPostgres } from '../services/postgres.js';
import { createCleanup } from './cleanup.js';
import { measureBesideEvents } from './cohorts/besideEvents.js';
import { memberAt, openCohortHub, type CohortHub } from './cohorts/hub.js';
import {
  cohortIdOf,
  describeTimes,
  evaluated,
  measureCount,
  measureExport,
  measureSegment,
  pushSteadily,
  readAllTheTime,
  sendWhole,
  type Measured,
} from './cohorts/measure.js';
import { readOptions, type Options } from './cohorts/options.js';
import { readWords } from './readWords.js';

const everyone: CohortReference = { id: 'everyone', name: 'Everyone' };
const half: CohortReference = { id: 'half', name: 'Half' };

async function main(options: Options): Promise<void> {
  const cleanup = createCleanup();
  process.once('SIGINT', () => void cleanup.run().then(() => process.exit(130)));
  try {
    const { eventsPerSecond, pages, answerMs, members } = await measureBesideEvents(options, cleanup);
    await cleanup.run();
    console.log(
      `${pages} pages, ${options.pagesPerSecond} a second, beside ${Math.round(eventsPerSecond).toLocaleString('en')} events a second taken and delivered; ` +
        `${describeTimes(answerMs)}; ${members.toLocaleString('en')} members held at the end`,
    );
    let { databaseUrl } = options;
    if (databaseUrl === undefined) {
      const postgres = await startPostgres();
      cleanup.add('Postgres', postgres.stop);
      databaseUrl = postgres.url;
    }
    const hub = await openCohortHub(databaseUrl);
    cleanup.add('the hub', hub.stop);
    await measure(hub, options);
    const { maxRSS } = process.resourceUsage();
    console.log(`peak memory of this process: ${(maxRSS / 1024).toFixed(0)} MB`);
  } finally {
    await cleanup.run();
  }
}

async function measure(hub: CohortHub, options: Options): Promise<void> {
  const { members } = options;
  say(await imported(hub, everyone, 'first', options, memberAt, options.members));
  say(
    await imported(
      hub,
      half,
      'first',
      { ...options, members: Math.ceil(members / 2) },
      (index) => memberAt(index * 2),
      Math.ceil(members / 2),
    ),
  );
  const [all, some] = [await cohortIdOf(hub, everyone.id), await cohortIdOf(hub, half.id)];
  say(await measureCount(hub, 'count of one cohort', { includes: all }));
  const definition = { all: [{ includes: all }, { excludes: some }] };
  say(await measureCount(hub, 'count of one without the other', definition));
  const whole = await measureSegment(hub, 'everyone', { includes: all });
  say(whole);
  const difference = await measureSegment(hub, 'one without the other', definition);
  say(difference);
  say(await measureExport(hub, whole.id, 'ndjson'));
  say(await measureExport(hub, whole.id, 'csv'));

  // A tenth leaves, and as many enter, while others push and read.
  const steady = pushSteadily(hub, options);
  const readers = readAllTheTime(hub, whole.id);
  const moved = Math.floor(members / 10);
  say(await imported(hub, everyone, 'second', options, (index) => memberAt(index + moved), options.members));
  console.log(
    `  meanwhile, ${options.pagesPerSecond} pages a second for other cohorts; ${describeTimes(await steady.end())}`,
  );
  console.log(`  meanwhile, readers of the segment; ${describeTimes(await readers.end())}`);
  await hub.applied();
  await Promise.all([evaluated(hub, whole.id), evaluated(hub, difference.id)]);
  say(
    await timed('a page of 1000 entries and exits, until both segments have it', async () => {
      await hub.push({
        kind: 'add',
        cohort: everyone,
        members: Array.from({ length: 1_000 }, (_, index) => memberAt(members * 3 + index)),
      });
      await hub.applied();
      await Promise.all([evaluated(hub, whole.id), evaluated(hub, difference.id)]);
    }),
  );
}

async function imported(
  hub: CohortHub,
  cohort: CohortReference,
  session: string,
  options: Options,
  member: typeof memberAt,
  members: number,
): Promise<Measured> {
  let times: readonly number[] = [];
  let storedMs = 0;
  const { seconds } = await timed('', async () => {
    const startedMs = performance.now();
    times = await sendWhole(hub, cohort, session, options, member);
    storedMs = performance.now() - startedMs;
    while (
      (
        await hub.sql`select from cohort_sync s join cohort c on c.id = s.cohort_id where c.partner_id = ${cohort.id} and s.session = ${session} and s.state = 'applied'`
      ).count === 0
    ) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
  const note = `all pages stored after ${(storedMs / 1000).toFixed(1)} s; ${describeTimes(times)}`;
  return { what: `import of ${cohort.name ?? cohort.id}, ${session} time`, seconds, members, note };
}

async function timed(what: string, work: () => Promise<void>): Promise<Measured> {
  const startedMs = performance.now();
  await work();
  return { what, seconds: (performance.now() - startedMs) / 1000 };
}

function say({ what, seconds, members, note }: Measured): void {
  const rate =
    members === undefined
      ? ''
      : `, ${members.toLocaleString('en')} members, ${Math.round(members / seconds).toLocaleString('en')} a second`;
  console.log(`${what}: ${seconds.toFixed(1)} s${rate}${note === undefined ? '' : `; ${note}`}`);
}

const asked = readWords('bench:cohorts', readOptions);
if (asked && 'help' in asked) console.log(asked.help);
else if (asked) await main(asked.options);
