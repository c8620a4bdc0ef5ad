import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { differences, findViolations } from '../../src/chaos/check.js';
import { openChaosHub, type ChaosHub } from '../../src/chaos/hub.js';
import { expectTaken, loadTypes, makeEvent } from '../../src/chaos/load.js';
import { createSentEvents } from '../../src/chaos/sentEvents.js';
import { readCurrents } from '../../src/chaos/watchCurrents.js';
import { openWorkspace } from '../../src/chaos/workspace.js';
import { createCleanup } from '../../src/cleanup.js';
import { createRandom } from '../../src/fakes/random.js';
import { openRepeatingClient } from '../../src/hub/repeatingClient.js';
import { until } from '../../src/until.js';

const cleanup = createCleanup();
let hub: ChaosHub;
const sent = createSentEvents();
beforeAll(async () => {
  const logFolder = await mkdtemp(join(tmpdir(), 'currents-chaos-test-'));
  cleanup.add('logs', () => rm(logFolder, { recursive: true }));
  hub = await openChaosHub({ queue: 'postgres', workspace: await openWorkspace(cleanup), logFolder }, cleanup);
  const client = openRepeatingClient(hub.apiUrl, hub.ingestToken, 1);
  const random = createRandom(1);
  const batch = Array.from({ length: 30 }, (_, index) => ({
    user: 'one',
    event: makeEvent(`event-${index}`, 'one', random),
  }));
  for (const { event } of batch) sent.ids.add(event.id);
  expectTaken(await client.post(JSON.stringify({ events: batch.map(({ event }) => event) })), batch, sent);
  await client.close();
  await until(
    () => readCurrents(hub),
    (currents) => currents.every(({ pending }) => pending === 0),
    60_000,
  );
}, 120_000);
afterAll(() => cleanup.run(), 60_000);

it('finds nothing wrong with a hub that has delivered everything', async () => {
  expect(await findViolations(hub, sent)).toEqual([]);
});

it('finds an event that the hub has promised and lost, wherever it is missing', async () => {
  const type = loadTypes[0] ?? '';
  const more = {
    ...sent,
    users: new Map([...sent.users, ['gone', 'one']]),
    types: new Map([...sent.types, ['gone', type]]),
    accepted: sent.accepted + 1,
  };
  const lost = (where: string): string => `1 events are lost among those ${where}, such as gone`;
  const found = await findViolations(hub, more);
  expect(found).toEqual(
    expect.arrayContaining([
      lost('stored'),
      'the answers say 31 accepted; 30 are stored',
      ...hub.currents.map(({ project }) => `${project}: ${lost('shown by the partner')}`),
      expect.stringMatching(/^everything: expected 31 events selected and delivered, got /),
    ]),
  );
});

it('finds a count that the hub has changed, by its own check and by the check of the hub', async () => {
  const [current] = hub.currents;
  await hub.sql`
    update tally set events = events + 1
    where current_id = ${current?.key ?? 0} and outcome = 'delivered'`;
  expect(await findViolations(hub, sent)).toEqual([
    expect.stringMatching(/^everything: the tally says /),
    expect.stringMatching(/^everything: checkLedger: .*pending/),
    expect.stringMatching(/^everything: checkLedger: .*delivered/),
  ]);
});

it('finds what is lost, doubled and invented among ids', () => {
  expect(differences('here', ['a', 'b', 'b', 'x', 'y'], ['a', 'b', 'c'], new Set(['a', 'b', 'c', 'y']))).toEqual([
    '1 events are lost among those here, such as c',
    '1 events are doubled among those here, such as b',
    '1 events are invented among those here, such as x',
  ]);
});
