import type { Connector } from '@currents/connector';
import {
  deleteCurrent,
  discardStagedCredentials,
  getCurrent,
  listAuditEntries,
  openAdmin,
  promoteStagedCredentials,
  retireFormerCredentials,
  rollBackByHand,
  stageCredentials,
  testStagedCredentials,
  updateCurrent,
  type Admin,
  type CurrentView,
} from '@currents/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { block } from '../src/circuitBreaker.js';
import { rollBackCredentials } from '../src/currents/rollBackCredentials.js';
import { isUsable, loadCurrent } from '../src/loadCurrent.js';
import { event, openHub, until, type Hub } from './deliveryHarness.js';
import { createFakePartner, fakeConnector, type FakePartner } from './fakeConnector.js';

const oldKey = 'k';
/** The fake takes no events of agents, and the Current selects all. */
const untaken = { code: 'types_not_taken' };
const newKey = 'CANARY-new-key-7';

let hub: Hub;
let partner: FakePartner;
/** The keys that the partner accepts. */
let accepted: Set<string>;
/** The keys of all requests with events, in order. */
let used: string[];
/** Awaited before each answer to a request with this key. */
let gates: Map<string, Promise<void>>;
let admin: Admin;
let id: string;

/** The fake partner, which accepts some keys and refuses all others. */
function keyedConnector(): Connector {
  const fake = fakeConnector(partner);
  return {
    ...fake,
    async send(items, context) {
      const { key } = context.credentials;
      used.push(key);
      await gates.get(key);
      if (accepted.has(key)) return fake.send(items, context);
      const refusal = { outcome: 'blocked', code: 'credentials_refused', detail: 'the key is unknown' } as const;
      return items.map((item) => ({ id: item.id, ...refusal }));
    },
    test: async ({ credentials: { key } }) =>
      accepted.has(key)
        ? { outcome: 'passed' }
        : { outcome: 'refused', code: 'credentials_refused', detail: `${key} is unknown` },
  };
}

beforeEach(async () => {
  partner = createFakePartner();
  accepted = new Set([oldKey, newKey]);
  used = [];
  gates = new Map();
  const connector = keyedConnector();
  hub = await openHub(connector);
  admin = openAdmin({
    databaseUrl: hub.databaseUrl,
    sql: hub.sql,
    seal: hub.seal,
    connectors: new Map([[connector.name, connector]]),
    allowBaseUrl: false,
    http: { request: () => never, stream: () => never },
    wake: () => undefined,
    wakePull: () => undefined,
  });
  id = String(await hub.launch());
});
afterEach(async () => {
  await admin.close();
  await hub.stop();
});

const never = Promise.reject(new Error('there is no network here'));
never.catch(() => undefined);

const stage = (key = newKey) => stageCredentials(admin, id, { key });
const promote = (options: { readonly skipTest?: boolean; readonly probationMinutes?: number } = {}) =>
  promoteStagedCredentials(admin, id, { probationMinutes: 60, skipTest: false, ...options });
const view = async (): Promise<CurrentView> => {
  const found = await getCurrent(admin, id);
  if (found.kind !== 'Current') throw new Error(found.message);
  return found;
};
/** The key that workers use. */
async function keyInUse(): Promise<unknown> {
  const loaded = await loadCurrent(hub.sql, Number(id), admin);
  return loaded && isUsable(loaded) ? (loaded.credentials as { readonly key: string }).key : loaded;
}
const delivered = (count: number) =>
  until(
    () => hub.tally(Number(id)),
    (tally) => tally['delivered'] === count,
  );
async function systemActions(): Promise<readonly string[]> {
  const { nodes } = await listAuditEntries(admin, { first: 10 });
  return nodes.filter(({ actor }) => actor === 'system').map(({ action }) => action);
}
const endProbation = () => hub.sql`update credential_rotation set probation_ends_at = now() where state = 'probation'`;

describe('staged credentials', () => {
  it('are tested, sealed and never shown, and nothing is sent with them', async () => {
    const staged = await stage();
    expect(staged).toMatchObject({
      kind: 'Current',
      version: 1,
      credentialRotation: { state: 'staged', credentials: { fields: ['key'] }, test: { outcome: 'passed' } },
    });
    expect(JSON.stringify(staged)).not.toContain(newKey);
    const [row] = await hub.sql<{ credentials: Buffer }[]>`select credentials from credential_rotation`;
    expect(row?.credentials.includes(newKey)).toBe(false);
    await hub.startWorker();
    await hub.take([event()]);
    await delivered(1);
    expect(new Set(used)).toEqual(new Set([oldKey]));
  });

  it('that the destination refuses are kept with its redacted answer, and never go live', async () => {
    accepted.delete(newKey);
    expect(await stage()).toMatchObject({
      credentialRotation: {
        test: {
          outcome: 'refused',
          reason: 'credentials_refused',
          detail: expect.not.stringContaining(newKey) as string,
        },
      },
    });
    expect(await promote()).toMatchObject({ kind: 'TestFailed', outcome: 'refused' });
    expect(await promote({ skipTest: true })).toMatchObject({ kind: 'TestFailed', outcome: 'refused' });
    expect(await keyInUse()).toBe(oldKey);
    accepted.add(newKey);
    expect(await testStagedCredentials(admin, id)).toMatchObject({
      credentialRotation: { test: { outcome: 'passed' } },
    });
    expect(await promote()).toMatchObject({ kind: 'Current', version: 2 });
    expect(await keyInUse()).toBe(newKey);
  });

  it('are discarded, replaced by others, and missing when there are none', async () => {
    expect(await promote()).toMatchObject({ kind: 'CredentialRotationWrongState', state: 'none' });
    await stage('another');
    expect(await stage()).toMatchObject({ credentialRotation: { test: { outcome: 'passed' } } });
    expect(await discardStagedCredentials(admin, id)).toMatchObject({ kind: 'Current', credentialRotation: undefined });
    expect(await discardStagedCredentials(admin, id)).toMatchObject({ state: 'none' });
    expect(await stageCredentials(admin, id, { word: newKey })).toMatchObject({ kind: 'InputInvalid' });
    expect(await promote({ probationMinutes: 0 })).toMatchObject({ kind: 'InputInvalid' });
    expect(await stageCredentials(admin, '0', { key: newKey })).toMatchObject({ kind: 'CurrentNotFound' });
  });

  it('and former ones are deleted with their Current', async () => {
    await stage();
    await promote();
    await deleteCurrent(admin, id, 'everything');
    expect(await hub.sql`select from credential_rotation`).toHaveLength(0);
  });
});

describe('promoted credentials', () => {
  it('deliver from the next attempt on, while a request under way finishes with the former ones', async () => {
    let letGo = (): void => undefined;
    gates.set(oldKey, new Promise((resolve) => (letGo = resolve)));
    await hub.startWorker();
    await hub.take([event()]);
    await until(
      () => used.length,
      (count) => count === 1,
    );
    await stage();
    await promote();
    await hub.take([event('good', { user: { external_user_id: 'someone else' } })]);
    await delivered(1);
    expect(used).toEqual([oldKey, newKey]);
    letGo();
    await delivered(2);
    const { credentialRotation, warnings } = await until(
      view,
      (current) => current.credentialRotation?.firstDeliveredAt !== undefined,
    );
    expect(credentialRotation).toMatchObject({ state: 'probation', credentials: { fields: ['key'] } });
    expect(warnings).toMatchObject([untaken]);
    expect(await promote()).toMatchObject({ kind: 'Current', version: 2 });
    expect(await stage()).toMatchObject({ kind: 'CredentialRotationWrongState', state: 'probation' });
  });

  it('that are refused are given up for the former ones, without a block and without a lost event', async () => {
    await hub.startWorker();
    await stage();
    await promote();
    accepted.delete(newKey);
    await hub.take(Array.from({ length: 20 }, () => event()));
    await delivered(20);
    const now = await view();
    expect(now).toMatchObject({
      state: 'live',
      version: 3,
      counts: { delivered: 20, pending: 0, rejected: 0, expired: 0 },
      credentialRotation: { state: 'staged', test: { outcome: 'refused', reason: 'credentials_refused' } },
      warnings: [untaken, { code: 'credentials_rolled_back' }],
    });
    expect(await keyInUse()).toBe(oldKey);
    expect(await systemActions()).toEqual(['rollBackCredentials']);
    expect(await promote({ skipTest: true })).toMatchObject({ kind: 'TestFailed' });
    expect(await stage('yet-another')).toMatchObject({ warnings: [untaken] });
  });

  it('are not given up when the former ones are refused late', async () => {
    let letGo = (): void => undefined;
    gates.set(oldKey, new Promise((resolve) => (letGo = resolve)));
    await hub.startWorker();
    await hub.take([event()]);
    await until(
      () => used.length,
      (count) => count === 1,
    );
    await stage();
    await promote();
    accepted.delete(oldKey);
    letGo();
    await delivered(1);
    expect(await view()).toMatchObject({ state: 'live', version: 2, warnings: [untaken] });
    expect(used).toEqual([oldKey, newKey]);
    expect(await systemActions()).toEqual([]);
  });

  it('that are refused late, after they were given up, do not block the former ones', async () => {
    let letGo = (): void => undefined;
    await stage();
    await promote();
    gates.set(newKey, new Promise((resolve) => (letGo = resolve)));
    accepted.delete(newKey);
    await hub.startWorker();
    await hub.take([event()]);
    await until(
      () => used.length,
      (count) => count === 1,
    );
    expect(await rollBackByHand(admin, id)).toMatchObject({ kind: 'Current', version: 3 });
    letGo();
    await delivered(1);
    expect(await view()).toMatchObject({ state: 'live', version: 3 });
    expect(used).toEqual([newKey, oldKey]);
    expect(await systemActions()).toEqual([]);
  });

  it('go live again when a person promotes them, and the roll-back is refused without a probation', async () => {
    expect(await rollBackByHand(admin, id)).toMatchObject({ kind: 'CredentialRotationWrongState', state: 'none' });
    await stage();
    await promote();
    await rollBackByHand(admin, id);
    expect(await keyInUse()).toBe(oldKey);
    await promote();
    expect(await keyInUse()).toBe(newKey);
  });

  it('block the Current when they are refused after the probation', async () => {
    await stage();
    await promote();
    expect(await retireFormerCredentials(admin, id, 'no')).toMatchObject({ kind: 'NotConfirmed' });
    expect(await retireFormerCredentials(admin, id, 'everything')).toMatchObject({ credentialRotation: undefined });
    accepted.delete(newKey);
    await hub.startWorker();
    await hub.take([event()]);
    await until(view, ({ state }) => state === 'blocked');
  });
});

describe('the end of a probation', () => {
  it('deletes the former credentials once events were delivered with the new ones', async () => {
    await hub.startWorker();
    await stage();
    await promote();
    await hub.take([event()]);
    await until(view, ({ credentialRotation }) => credentialRotation?.firstDeliveredAt !== undefined);
    await endProbation();
    await until(view, ({ credentialRotation }) => credentialRotation === undefined);
    expect(await keyInUse()).toBe(newKey);
    expect(await systemActions()).toEqual(['retireFormerCredentials']);
  });

  it('without traffic tests the new ones, and goes back when they are refused', async () => {
    await hub.startWorker();
    await stage();
    await promote();
    accepted.delete(newKey);
    await endProbation();
    await until(view, ({ version }) => version === 3);
    expect(await keyInUse()).toBe(oldKey);
    accepted.add(newKey);
    await promote();
    await endProbation();
    await until(view, ({ credentialRotation }) => credentialRotation === undefined);
    expect(await keyInUse()).toBe(newKey);
  });

  it('comes at once for a Current that a worker of a former release has blocked', async () => {
    await stage();
    await promote();
    accepted.delete(newKey);
    await block(hub.sql, 'current', Number(id), { code: 'credentials_refused', detail: 'no' });
    await hub.startWorker();
    await until(view, ({ state, version }) => state === 'live' && version === 3);
    await hub.take([event()]);
    await delivered(1);
  });

  it('comes with credentials that an admin gives in place of the promoted ones', async () => {
    await stage();
    await promote();
    const given = { credentials: { key: 'a-third' }, confirmName: 'everything' };
    expect(await updateCurrent(admin, id, given)).toMatchObject({ kind: 'CurrentUpdated' });
    expect((await view()).credentialRotation).toBeUndefined();
    expect(await rollBackCredentials(hub.sql, Number(id))).toBe(false);
  });
});
