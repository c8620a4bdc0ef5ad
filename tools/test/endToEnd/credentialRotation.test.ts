import { afterAll, beforeAll, expect, it } from 'vitest';
import { startFakeMixpanel, type FakeMixpanel } from '../../src/fakes/mixpanel/startFakeMixpanel.js';
import { createAdminClient, databaseKey, type AdminClient } from '../../src/hub/adminClient.js';
import { events } from './events.js';
import { ledgerOf } from './ledger.js';
import { startTestHub, type TestHub } from './testHub.js';
import { until } from './until.js';

/** Credentials are rotated while events come in: none fails, whatever the partner says of the new ones. */

interface View {
  readonly state: string;
  readonly version: number;
  readonly warnings: readonly { readonly code: string }[];
  readonly credentialRotation: {
    readonly state: string;
    readonly test: { readonly outcome: string } | null;
    readonly firstDeliveredAt: string | null;
  } | null;
}

const account = (name: string) => ({ user: `sa.${name}`, secret: `secret-of-${name}`, role: 'admin' });
const credentialsOf = (name: string) => ({
  kind: 'serviceAccount',
  username: account(name).user,
  secret: account(name).secret,
  projectId: '77',
});
/** The service accounts that the partner accepts, which may change at any time. */
const accounts = [account('first')];
const accept = (...names: readonly string[]) => void accounts.splice(0, accounts.length, ...names.map(account));

let mixpanel: FakeMixpanel;
let hub: TestHub;
let client: AdminClient;
let id: string;
let [sent, isStopping] = [0, false];
let load: Promise<void>;

const fields = 'state version warnings { code } credentialRotation { state test { outcome } firstDeliveredAt }';
const view = async (): Promise<View> =>
  (
    await client.ask<{ readonly current: View }>(
      `query ($id: ID!) { current(id: $id) { ... on Current { ${fields} } } }`,
      { id },
    )
  ).current;

async function mutate(name: string, input: Readonly<Record<string, unknown>> = {}) {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  const query = `mutation ($input: ${type}Input!) { ${name}(input: $input) { __typename
    ... on ${type}Payload { current { ${fields} } } ... on Problem { code message } } }`;
  const answer = await client.ask<Record<string, { readonly __typename: string; readonly current?: View }>>(query, {
    input: { id, ...input },
  });
  return answer[name];
}

/** Until it is stopped, ten requests a second. */
async function sendEvents(): Promise<void> {
  while (!isStopping) {
    const response = await hub.post(events(20));
    expect(response.status).toBe(200);
    sent += 20;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Waits until events that come in from now on are delivered. */
async function deliveredAnew(): Promise<void> {
  const target = sent + 40;
  await until(
    () => ledgerOf(hub.sql, databaseKey(id)),
    ({ delivered }) => delivered >= target,
  );
}

beforeAll(async () => {
  mixpanel = await startFakeMixpanel({
    projects: [{ projectId: '77', token: '7'.repeat(32), serviceAccounts: accounts }],
  });
  hub = await startTestHub({ projects: [] });
  client = createAdminClient(hub.hub.api.url, hub.hub.adminToken ?? '');
  id = await client.launchCurrent({
    name: 'rotated',
    contactEmail: 'admin@example.com',
    destination: 'mixpanel',
    settings: { region: 'us', baseUrl: mixpanel.url },
    credentials: credentialsOf('first'),
    selection: { groups: ['message'] },
  });
  load = sendEvents();
  await deliveredAnew();
});
afterAll(async () => {
  isStopping = true;
  await load;
  await hub.stop();
  await mixpanel.close();
});

it('does not use staged credentials that the partner refuses', async () => {
  expect(await mutate('stageCredentials', { credentials: credentialsOf('unknown') })).toMatchObject({
    current: { state: 'LIVE', version: 1, credentialRotation: { state: 'STAGED', test: { outcome: 'REFUSED' } } },
  });
  expect(await mutate('promoteStagedCredentials')).toMatchObject({ __typename: 'TestFailed' });
  expect(await mutate('promoteStagedCredentials', { skipTest: true })).toMatchObject({ __typename: 'TestFailed' });
  await deliveredAnew();
  expect(await view()).toMatchObject({ state: 'LIVE', version: 1, warnings: [] });
});

it('rotates while the partner accepts both, and afterwards only the new ones', async () => {
  accept('first', 'second');
  await mutate('stageCredentials', { credentials: credentialsOf('second') });
  expect(await mutate('promoteStagedCredentials')).toMatchObject({ current: { version: 2 } });
  await until(view, ({ credentialRotation }) => credentialRotation?.firstDeliveredAt != null);
  accept('second');
  await deliveredAnew();
  expect(await mutate('retireFormerCredentials', { confirmName: 'rotated' })).toMatchObject({
    current: { state: 'LIVE', version: 2, warnings: [], credentialRotation: null },
  });
});

it('goes back by itself when the new ones are refused after the switch', async () => {
  accept('second', 'third');
  await mutate('stageCredentials', { credentials: credentialsOf('third') });
  await mutate('promoteStagedCredentials');
  await until(view, ({ credentialRotation }) => credentialRotation?.firstDeliveredAt != null);
  accept('second');
  const back = await until(view, ({ version }) => version === 4);
  expect(back).toMatchObject({
    state: 'LIVE',
    warnings: [{ code: 'CREDENTIALS_ROLLED_BACK' }],
    credentialRotation: { state: 'STAGED', test: { outcome: 'REFUSED' } },
  });
  await deliveredAnew();
  const { auditLog } = await client.ask<{ readonly auditLog: { readonly nodes: readonly unknown[] } }>(
    '{ auditLog(first: 5, filter: { action: ROLL_BACK_CREDENTIALS }) { nodes { actor { kind } targetId succeeded arguments } } }',
  );
  expect(auditLog.nodes).toEqual([
    { actor: { kind: 'SYSTEM' }, targetId: id, succeeded: true, arguments: { reason: 'credentials_refused' } },
  ]);
});

it('has lost, doubled and blocked nothing', async () => {
  isStopping = true;
  await load;
  const balance = await until(
    () => ledgerOf(hub.sql, databaseKey(id)),
    ({ pending }) => pending === 0,
  );
  expect(balance).toMatchObject({ delivered: sent, rejected: 0, expired: 0 });
  const { view: shown, stored } = mixpanel.control.ledger();
  expect([shown.length, stored.length]).toEqual([sent, sent]);
  expect(hub.complaints.filter((line) => !line.includes('credentials.rolled_back'))).toEqual([]);
});
