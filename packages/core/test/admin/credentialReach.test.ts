import type { Connector } from '@currents/connector';
import { createCurrent, stageCredentials, testCredentials, updateCurrent, type Admin } from '@currents/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isUsable, loadCurrent } from '../../src/loadCurrent.js';
import { fakeConnector } from '../fakeConnector.js';
import { currentOf, everything, openCoreHarness, type CoreHarness } from './coreHarness.js';

let harness: CoreHarness;
let admin: Admin;
/** Where a test of credentials was sent, and with which. */
let tested: { readonly baseUrl: string | undefined; readonly credentials: unknown }[];

beforeAll(async () => {
  harness = await openCoreHarness();
  const fake = fakeConnector(harness.partner);
  const connector: Connector = {
    ...fake,
    credentials: z.strictObject({ key: z.string().optional() }),
    origins: (settings) =>
      settings?.baseUrl === undefined
        ? ['https://partner.example.com', 'https://eu.partner.example.com']
        : [new URL(settings.baseUrl).origin],
    test: async ({ settings: { baseUrl }, credentials }) => {
      tested.push({ baseUrl, credentials });
      return { outcome: 'passed' };
    },
  };
  admin = harness.open({ connector, allowBaseUrl: true });
});
afterAll(() => harness.close());
beforeEach(() => void (tested = []));

let count = 0;
async function create(credentials: unknown, settings: object = {}) {
  const name = `Reach ${++count}`;
  const answer = await createCurrent(admin, {
    name,
    contactEmail: 'ana@example.com',
    destination: 'fake',
    settings: { region: 'here', ...settings },
    credentials,
    selection: everything,
  });
  return { id: currentOf(answer).id, name };
}
async function stored(id: string) {
  const loaded = await loadCurrent(harness.sql, Number(id), { ...admin, allowBaseUrl: true });
  if (!loaded || !isUsable(loaded)) throw new Error('expected a usable Current');
  return { settings: loaded.settings, credentials: loaded.credentials };
}

const elsewhere = { baseUrl: 'https://collector.example.net/in' };
const required = {
  kind: 'InputInvalid',
  problems: [
    {
      path: ['credentials'],
      code: 'required',
      message: expect.stringContaining('https://collector.example.net; got none'),
    },
  ],
};

describe('stored credentials', () => {
  it('are not sent to a host that settings name later, neither by a change nor by a test', async () => {
    const { id } = await create({ key: 'k' });
    expect(await updateCurrent(admin, id, { settings: elsewhere })).toMatchObject(required);
    expect(await testCredentials(admin, id, { settings: elsewhere })).toMatchObject(required);
    expect(tested).toEqual([]);
    expect(await stored(id)).toEqual({ settings: { region: 'here' }, credentials: { key: 'k' } });
  });

  it('are not sent from one host of a person’s own to another, but to other paths of it and to the destination', async () => {
    const { id } = await create({ key: 'k' }, { baseUrl: 'https://relay.example.com/a' });
    expect(await updateCurrent(admin, id, { settings: elsewhere })).toMatchObject(required);
    for (const baseUrl of ['https://relay.example.com/b', 'https://eu.partner.example.com', null])
      expect(await updateCurrent(admin, id, { settings: { baseUrl } })).toMatchObject({ kind: 'CurrentUpdated' });
    expect(await updateCurrent(admin, id, { settings: { baseUrl: 'https://relay.example.com/a' } })).toMatchObject({
      problems: [{ path: ['credentials'], code: 'required' }],
    });
  });

  it('go there when they are given again', async () => {
    const { id, name } = await create({ key: 'k' });
    expect(await testCredentials(admin, id, { settings: elsewhere, credentials: { key: 'k' } })).toMatchObject({
      kind: 'TestPassed',
    });
    expect(tested).toEqual([{ ...elsewhere, credentials: { key: 'k' } }]);
    const change = { settings: elsewhere, credentials: { key: 'k' }, confirmName: name };
    expect(await updateCurrent(admin, id, change)).toMatchObject({ kind: 'CurrentUpdated' });
    expect(await testCredentials(admin, id)).toMatchObject({ kind: 'TestPassed' });
    expect(await updateCurrent(admin, id, { settings: { baseUrl: 'https://collector.example.net/2' } })).toMatchObject({
      kind: 'CurrentUpdated',
    });
  });

  it('need not be given again when they hold nothing, or when there are none', async () => {
    for (const credentials of [{}, undefined]) {
      const { id } = await create(credentials);
      expect(await updateCurrent(admin, id, { settings: elsewhere })).toMatchObject({ kind: 'CurrentUpdated' });
    }
  });

  it('that do not open are taken for a secret', async () => {
    const { id } = await create({ key: 'k' });
    await harness.sql`update current set credentials = '\\x0102' where id = ${Number(id)}`;
    expect(await updateCurrent(admin, id, { settings: elsewhere })).toMatchObject(required);
  });
});

describe('staged and former credentials', () => {
  it('are not sent elsewhere either, once they are promoted or gone back to', async () => {
    const { id, name } = await create({ key: 'k' });
    expect(await stageCredentials(admin, id, { key: 'next' })).toMatchObject({ kind: 'Current' });
    const change = { settings: elsewhere, credentials: { key: 'mine' }, confirmName: name };
    expect(await updateCurrent(admin, id, change)).toMatchObject({
      problems: [{ path: ['credentials'], code: 'not_allowed', message: expect.stringContaining('no staged') }],
    });
    await harness.sql`
      update credential_rotation
      set state = 'probation', promoted_at = now(), probation_ends_at = now() + interval '1 hour'
      where current_id = ${Number(id)}`;
    // The former ones are deleted when others are given.
    expect(await updateCurrent(admin, id, change)).toMatchObject({ kind: 'CurrentUpdated' });
    expect(await harness.sql`select from credential_rotation where current_id = ${Number(id)}`).toHaveLength(0);
  });

  it('block the change, too, when those in use hold nothing', async () => {
    const { id } = await create({});
    await stageCredentials(admin, id, { key: 'former' });
    await harness.sql`
      update credential_rotation
      set state = 'probation', promoted_at = now(), probation_ends_at = now() + interval '1 hour'
      where current_id = ${Number(id)}`;
    expect(await updateCurrent(admin, id, { settings: elsewhere })).toMatchObject({
      problems: [{ path: ['credentials'], code: 'not_allowed', message: expect.stringContaining('no former') }],
    });
  });
});
