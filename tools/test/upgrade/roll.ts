import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import { findViolations } from '../../src/chaos/check.js';
import { startLoad } from '../../src/chaos/load.js';
import { createSentEvents, type SentEvents } from '../../src/chaos/sentEvents.js';
import { createCleanup } from '../../src/cleanup.js';
import { openRepeatingClient } from '../../src/hub/repeatingClient.js';
import { installRelease } from '../../src/release/installRelease.js';
import { lastKeptVersion } from '../../src/release/keptReleases.js';
import { openRollingHub, type Fleet, type RollingHub } from './rollingHub.js';

export interface RollOptions {
  readonly redisUrl?: string | undefined;
  /** How often the hub is upgraded and rolled back. */
  readonly rounds: number;
  /** Events that are accepted and arrive at each partner in each step. */
  readonly eventsPerStep: number;
  /** Also kills programs of both releases while both run. */
  readonly withKills?: boolean;
}

/** What ran, for the report of a test. */
export interface RollResult {
  readonly steps: number;
  readonly accepted: number;
  readonly delivered: number;
  readonly kills: number;
  readonly seconds: number;
}

/** Workers before the api, as docs/operations/upgrade.md says, and likewise on the way back. */
const upgrade: readonly Fleet[] = [
  { api: ['former'], worker: ['former', 'present'] },
  { api: ['former'], worker: ['present'] },
  { api: ['former', 'present'], worker: ['present'] },
  { api: ['present'], worker: ['present'] },
];
const rollBack: readonly Fleet[] = [
  { api: ['present'], worker: ['present', 'former'] },
  { api: ['present'], worker: ['former'] },
  { api: ['former'], worker: ['former'] },
];
const sides = ['former', 'present'] as const;
const stepMs = 60_000;

/**
 * Upgrades a hub from the last release to the present code and rolls it back, under load: throws unless every accepted
 * event is delivered exactly once as the ledger says, in the order of its user, and every program ended in order.
 */
export async function roll({ redisUrl, rounds, eventsPerStep, withKills }: RollOptions): Promise<RollResult> {
  const cleanup = createCleanup();
  const beganMs = performance.now();
  try {
    const hub = await openRollingHub(await installRelease(lastKeptVersion()), redisUrl, cleanup);
    const sent = createSentEvents();
    const client = openRepeatingClient(hub.apiUrl, hub.ingestToken, 16);
    cleanup.add('the sender', client.close);
    const giveUp = new AbortController();
    const load = startLoad({ client, seed: 1, sent, signal: giveUp.signal });
    cleanup.add('the load', () => (giveUp.abort(), load.stop().catch(() => undefined)));
    const members: string[] = [];
    let kills = 0;

    const passStep = async (step: string): Promise<void> => {
      members.push(step);
      await hub.pushMember(step);
      await flow(hub, sent, eventsPerStep, step);
      await findDelivered(hub, sent, step);
      expect(await membersAfter(hub, members.length, step), step).toEqual([...members].sort());
    };
    await passStep('0 before');
    await hub.migrate();
    for (let round = 1; round <= rounds; round++) {
      for (const [index, fleet] of [...upgrade, ...rollBack].entries()) {
        await hub.become(fleet);
        for (const name of ['worker', 'api'] as const) {
          if (!withKills || fleet[name].length < 2) continue;
          for (const side of sides) await hub.restart(name, side);
          kills += 2;
        }
        await passStep(`${round}.${index} ${describeFleet(fleet)}`);
      }
    }
    await load.stop();
    await settle(hub);
    expect(await findViolations({ ...hub, admin: hub.admin() }, sent)).toEqual([]);
    await hub.become({ api: [], worker: [] });
    expect(hub.ends.filter((end) => !end.endsWith('exit code 0'))).toEqual([]);
    return {
      steps: members.length,
      accepted: sent.accepted,
      delivered: countArrived(hub),
      kills,
      seconds: Math.round((performance.now() - beganMs) / 1_000),
    };
  } finally {
    await cleanup.run();
  }
}

const describeFleet = ({ api, worker }: Fleet): string => `api ${api.join(' and ')}, worker ${worker.join(' and ')}`;

/** Waits until so many more events are accepted, and so many more have arrived at each partner. */
async function flow(hub: RollingHub, sent: SentEvents, events: number, step: string): Promise<void> {
  const accepted = sent.accepted;
  const controls = [hub.mixpanel.control, hub.amplitude.control];
  const arrived = controls.map(({ summary }) => summary().accepted);
  await waitFor(
    hub,
    step,
    () =>
      sent.accepted >= accepted + events &&
      controls.every(({ summary }, index) => summary().accepted >= (arrived[index] ?? 0) + events / 2),
  );
}

/** Looks for an event that has been delivered, by its id: the index and the outcomes are read across releases. */
async function findDelivered(hub: RollingHub, sent: SentEvents, step: string): Promise<void> {
  const [id = ''] = [...sent.users.keys()].slice(-Math.min(sent.users.size, 400));
  await waitFor(hub, `${step}: event ${id}`, async () => {
    const { event } = await hub
      .admin()
      .ask<{ event: { deliveries?: readonly { status: string }[] } }>(
        'query ($id: String!) { event(eventId: $id) { ... on StoredEvent { deliveries { status } } } }',
        { id },
      );
    const statuses = event.deliveries?.map(({ status }) => status) ?? [];
    return statuses.length > 0 && statuses.every((status) => status === 'DELIVERED');
  });
}

/** The members of the cohort, once it has so many. */
async function membersAfter(hub: RollingHub, count: number, step: string): Promise<readonly string[]> {
  let members: string[] = [];
  await waitFor(hub, `${step}: members`, async () => {
    const [cohort] = await hub.sql<{ set_id: string | null }[]>`select set_id from cohort where partner_id = 'rolling'`;
    if (!cohort?.set_id) return false;
    const rows = await hub.sql<{ member: string }[]>`select member from ${hub.sql(`member_set_${cohort.set_id}`)}`;
    members = rows.map(({ member }) => member.slice(1)).sort();
    return members.length >= count;
  });
  return members;
}

/** Waits until no event is pending at any Current. */
async function settle(hub: RollingHub): Promise<void> {
  await waitFor(hub, 'the end', async () => {
    const [row] = await hub.sql<{ pending: number }[]>`select coalesce(sum(pending), 0)::int as pending from delivery`;
    return row?.pending === 0;
  });
}

function countArrived({ mixpanel, amplitude }: RollingHub): number {
  return mixpanel.control.summary().accepted + amplitude.control.summary().accepted;
}

async function waitFor(hub: RollingHub, what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (const untilMs = performance.now() + stepMs; !(await isTrue()); await wait(50))
    if (performance.now() > untilMs)
      throw new Error(`${what}: not reached after ${stepMs / 1_000} s\n${hub.lines.slice(-40).join('\n')}`);
}
