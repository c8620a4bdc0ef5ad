import { setTimeout as wait } from 'node:timers/promises';
import { MultiBar, Presets } from 'cli-progress';
import { cleanUpOnSignals, createCleanup } from '../cleanup.js';
import type { AdminClient, Counts } from '../hub/adminClient.js';
import type { Receipt } from '../hub/eventClient.js';
import type { RunningHub } from '../hub/startHub.js';
import { checkBalance } from './checkBalance.js';
import { makeDemoEvents, demoTypes, type DemoEvents } from './makeEvents.js';
import { openDemo, type Running } from './openDemo.js';
import { startScenario } from './scenario/startScenario.js';
import { sendBodies } from './sendBodies.js';

/** False if there was an inconsistency. */
export async function runDemo({ events, keep }: { readonly events: number; readonly keep: boolean }): Promise<boolean> {
  const startedMs = Date.now();
  say('Starting Postgres, the api, a worker and the pretending partners …');
  const demo = await openDemo();
  const { hub, admin, token, running, lines } = demo;
  const cleanup = createCleanup();
  cleanup.add('the demo', demo.close);
  cleanUpOnSignals('demo', cleanup);
  try {
    const labels = running.map(({ partner }) => partner.label).join(' and ');
    say(`Streaming ${events} events of ${demoTypes.length} types to ${labels} …\n`);
    const made = makeDemoEvents(events, Math.floor(Date.now() / 1000));
    const receipt = await stream(hub, admin, token, made, running);
    const good = await report(admin, made, receipt, running, Date.now() - startedMs);
    if (!good) console.error(`\nWhat the processes said:\n${lines.slice(-40).join('\n')}`);
    if (keep && good) {
      say('Adding more Currents in different states, cohorts, and a segment that is held at Braze …');
      const scenario = await startScenario(demo);
      cleanup.add('the traffic', scenario.close);
      explain(hub, token, running);
      await new Promise(() => undefined);
    }
    return good;
  } finally {
    await cleanup.run();
  }
}

/** Sends all events, and prints the ledgers until no event is pending. */
async function stream(
  hub: RunningHub,
  admin: AdminClient,
  token: string,
  { bodies, events }: DemoEvents,
  running: readonly Running[],
) {
  const bars = new MultiBar(
    { format: '  {name} {bar} {value}/{total} {note}', hideCursor: true, noTTYOutput: true, notTTYSchedule: 2_000 },
    Presets.shades_classic,
  );
  const width = Math.max(...running.map(({ partner }) => partner.label.length), 'accepted'.length);
  const acceptedBar = bars.create(events, 0, { name: 'accepted'.padEnd(width), note: '' });
  const ledgers = running.map(({ partner, currentId }) => ({
    currentId,
    bar: bars.create(events, 0, { name: partner.label.padEnd(width), note: '' }),
  }));
  let sent = false;
  const sending = sendBodies(hub.api.url, token, bodies, (receipt) =>
    acceptedBar.update(receipt.accepted + receipt.quarantined),
  ).finally(() => {
    sent = true;
  });
  const endMs = Date.now() + 80_000;
  try {
    for (;;) {
      const wasSent = sent;
      const pending: number[] = [];
      for (const { currentId, bar } of ledgers) {
        const counts = await admin.counts(currentId);
        bar.setTotal(Math.max(counts.selected, 1));
        bar.update(counts.selected - counts.pending, { note: noteOf(counts) });
        pending.push(counts.pending);
      }
      if (wasSent && pending.every((events) => events === 0)) break;
      if (Date.now() > endMs) break;
      await wait(150);
    }
    return await sending;
  } finally {
    bars.stop();
  }
}

function noteOf({ delivered, skipped, rejected }: Counts): string {
  return `delivered ${delivered}, skipped ${skipped}, rejected ${rejected}`;
}

async function report(
  admin: AdminClient,
  { events, broken }: DemoEvents,
  receipt: Receipt,
  running: readonly Running[],
  tookMs: number,
): Promise<boolean> {
  const problems: string[] = [];
  say(
    `\n  ${events} events sent: ${receipt.accepted} accepted, ${receipt.quarantined} quarantined because the catalogue does not know their type.`,
  );
  if (receipt.quarantined !== broken || receipt.accepted + broken !== events)
    problems.push(`expected ${broken} of ${events} to be quarantined`);
  for (const { partner, currentId } of running) {
    const counts = await admin.counts(currentId);
    const shown = partner.shownIds();
    say(
      `  ${partner.label}: ${counts.selected} selected = ${counts.delivered} delivered + ${counts.skipped} skipped + ` +
        `${counts.rejected} rejected + ${counts.expired} expired + ${counts.pending} pending. It shows ${new Set(shown).size} distinct events.`,
    );
    problems.push(...checkBalance({ counts, shown }).map((problem) => `${partner.label}: ${problem}`));
    problems.push(...partner.complaints().map((complaint) => `${partner.label} complains: ${complaint}`));
  }
  if (problems.length > 0)
    console.error(`\nNot everything adds up:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  else say(`\nEvery event is accounted for. Took ${(tookMs / 1000).toFixed(1)} s.`);
  return problems.length === 0;
}

function explain(hub: RunningHub, token: string, running: readonly Running[]): void {
  const query = JSON.stringify({
    query: '{ currents { nodes { id name state counts { selected delivered skipped rejected pending } } } }',
  });
  const letters = JSON.stringify({
    query: `{ deadLetters(first: 3, filter: { currentId: "${running[0]?.currentId}" }) { nodes { code detail eventType } } }`,
  });
  const event = JSON.stringify({
    event_type: 'users.messages.email.Open',
    id: 'try-me-1',
    time: Math.floor(Date.now() / 1000),
    user: { external_user_id: 'me' },
  });
  say(`
Everything is running; Ctrl-C ends it.
  console       ${hub.api.url}/ (sign in with the admin token)
  api           ${hub.api.url}
  admin token   ${hub.adminToken}
  ingest token  ${token}

Three things to try:

  curl ${hub.api.url}/v1/events -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' -d '${event}'

  curl ${hub.api.url}/graphql -H 'Authorization: Bearer ${hub.adminToken}' -H 'Content-Type: application/json' -d '${query}'

  curl ${hub.api.url}/graphql -H 'Authorization: Bearer ${hub.adminToken}' -H 'Content-Type: application/json' -d '${letters}'
`);
}

function say(text: string): void {
  console.log(text);
}
