import type { CohortReference } from '@currents/connector';
import { startPostgres } from '../../services/postgres.js';
import { defineBench, type Stage } from '../bench.js';
import { inScope } from '../bench.js';
import { median } from '../reading/percentiles.js';
import { measureBesideEvents } from './besideEvents.js';
import { memberAt, openCohortHub, untilRow, type CohortHub } from './hub.js';
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
  timed,
  type Measured,
} from './measure.js';
import { options, type CohortOptions } from './options.js';

const everyone: CohortReference = { id: 'everyone', name: 'Everyone' };
/** A page that changes few members, sent several times: they enter and leave by turns. */
const fewMembers = 1_000;
const fewRounds = 5;
const half: CohortReference = { id: 'half', name: 'Half' };

/** Cohorts and segments of millions of members. */
export const cohorts = defineBench({
  name: 'npm run bench:cohorts',
  summary: `Measures cohorts and segments of millions of members: import, count, segment, export and replacement, with the time of
each and the peak memory of this one Node process, which does the work of the api and of a worker. First it starts
a whole hub, and times the answers to pages of members beside events.`,
  options,
  async run(given, stage) {
    const beside = await inScope(stage.cleanup, 'the hub', (cleanup) =>
      measureBesideEvents(given, { ...stage, cleanup }),
    );
    const { eventsPerSecond, pages, answerMs, members } = beside;
    stage.print(
      `${pages} pages, ${given.pagesPerSecond} a second, beside ${whole(eventsPerSecond)} events a second accepted and delivered; ` +
        `${describeTimes(answerMs)}; ${whole(members)} members stored at the end`,
    );
    const postgres = given.database === undefined ? await startPostgres() : undefined;
    if (postgres) stage.cleanup.add('Postgres', postgres.stop);
    const hub = await openCohortHub(given.database ?? postgres?.url ?? '');
    stage.cleanup.add('the hub', hub.stop);
    const steps = await measureSteps(hub, given, stage);
    const peakBytes = process.resourceUsage().maxRSS * 1024;
    stage.print(`peak memory of this process: ${(peakBytes / 1024 ** 2).toFixed(0)} MB`);
    return { besideEvents: { eventsPerSecond, pages, members }, steps, peakBytes };
  },
});

async function measureSteps(hub: CohortHub, given: CohortOptions, { print }: Stage): Promise<readonly Measured[]> {
  const { members } = given;
  const steps: Measured[] = [];
  const report = (step: Measured): void => {
    steps.push(step);
    const { what, seconds, members: count, note } = step;
    const rate = count === undefined ? '' : `, ${whole(count)} members, ${whole(count / seconds)} a second`;
    print(`${what}: ${seconds.toFixed(1)} s${rate}${note === undefined ? '' : `; ${note}`}`);
  };
  report(await imported(hub, everyone, 'first', given, memberAt));
  const halfOf = { ...given, members: Math.ceil(members / 2) };
  report(await imported(hub, half, 'first', halfOf, (index) => memberAt(index * 2)));
  const [all, some] = [await cohortIdOf(hub, everyone.id), await cohortIdOf(hub, half.id)];
  report(await measureCount(hub, 'count of one cohort', { includes: all }));
  const definition = { all: [{ includes: all }, { excludes: some }] };
  report(await measureCount(hub, 'count of one without the other', definition));
  const entire = await measureSegment(hub, 'everyone', { includes: all });
  report(entire);
  const difference = await measureSegment(hub, 'one without the other', definition);
  report(difference);
  report(await measureExport(hub, entire.id, 'ndjson'));
  report(await measureExport(hub, entire.id, 'csv'));

  // A tenth of the members is replaced, while other cohorts are pushed and the segment is read.
  const steady = pushSteadily(hub, given);
  const readers = readAllTheTime(hub, entire.id);
  const moved = Math.floor(members / 10);
  report(await imported(hub, everyone, 'second', given, (index) => memberAt(index + moved)));
  print(`  meanwhile, ${given.pagesPerSecond} pages a second for other cohorts; ${describeTimes(await steady.end())}`);
  print(`  meanwhile, readers of the segment; ${describeTimes(await readers.end())}`);
  const settled = async (): Promise<void> => {
    await hub.applied();
    await Promise.all([evaluated(hub, entire.id), evaluated(hub, difference.id)]);
  };
  await settled();
  // The first page follows an evaluation of all members.
  const few = Array.from({ length: fewMembers }, (_, index) => memberAt(members * 3 + index));
  const times: number[] = [];
  for (let round = 0; round < fewRounds; round++) {
    const [, seconds] = await timed(async () => {
      await hub.push({ kind: round % 2 === 0 ? 'add' : 'remove', cohort: everyone, members: few });
      await settled();
    });
    times.push(seconds);
  }
  report({
    what: `a page of ${fewMembers} entries or exits, until both segments have it`,
    seconds: median(times),
    note: `median of ${fewRounds}, in turn: ${times.map((seconds) => `${seconds.toFixed(2)} s`).join(', ')}`,
  });
  return steps;
}

async function imported(
  hub: CohortHub,
  cohort: CohortReference,
  session: string,
  given: CohortOptions,
  member: typeof memberAt,
): Promise<Measured> {
  const [[times, storedSeconds], seconds] = await timed(async () => {
    const stored = await timed(() => sendWhole(hub, cohort, session, given, member));
    await untilRow(
      () =>
        hub.sql`select from cohort_sync s join cohort c on c.id = s.cohort_id where c.partner_id = ${cohort.id} and s.session = ${session} and s.state = 'applied'`,
    );
    return stored;
  });
  const note = `all pages stored after ${storedSeconds.toFixed(1)} s; ${describeTimes(times)}`;
  return { what: `import of ${cohort.name ?? cohort.id}, ${session} time`, seconds, members: given.members, note };
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}
