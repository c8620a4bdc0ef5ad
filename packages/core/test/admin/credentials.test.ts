import { updateCurrent, createCurrent, getCurrent, testCredentials } from '@currents/core';
import type { Connector } from '@currents/connector';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { block } from '../../src/circuitBreaker.js';
import { isUsable, loadCurrent } from '../../src/loadCurrent.js';
import { fakeConnector } from '../fakeConnector.js';
import { currentOf, everything, openCoreHarness, type CoreHarness } from './coreHarness.js';

let harness: CoreHarness;
beforeAll(async () => void (harness = await openCoreHarness()));
afterAll(() => harness.close());

const canary = 'CANARY-9f8e7d6c5b4a';
const given = {
  contactEmail: 'ana@example.com',
  destination: 'fake',
  settings: { region: 'here' },
  selection: everything,
};

/** Expects that the text contains no eight consecutive characters of a secret. */
function expectNoTrace(text: string, secret: string): void {
  for (let at = 0; at + 8 <= secret.length; at++) expect(text).not.toContain(secret.slice(at, at + 8));
}

/** A connector whose schema and partner echo their input in error messages. */
function gossip(): Connector {
  const key = z.string().superRefine((text, context) => {
    if (!text.startsWith('good'))
      context.addIssue({ code: 'custom', message: `"${text}" does not begin with good`, path: [text.slice(0, 12)] });
  });
  return {
    ...fakeConnector(harness.partner),
    credentials: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('key'), key, note: z.enum(['a', 'b']).optional() }),
      z.strictObject({ kind: z.literal('pair'), user: z.string().regex(/^[a-z]+$/), secret: z.string().min(30) }),
    ]),
    test: async ({ credentials }) => ({
      outcome: 'refused',
      code: 'bad_key',
      detail: `the partner does not know ${credentials.key.slice(2, 14)}`,
    }),
  };
}

describe('credentials', () => {
  it('are stored sealed for their Current, and workers can open them', async () => {
    const current = await createCurrent(harness.admin, { ...given, name: 'Sealed', credentials: { key: canary } });
    const id = Number(currentOf(current).id);
    const working = await loadCurrent(harness.sql, id, harness.admin);
    expect(working && isUsable(working) && working.credentials).toEqual({ key: canary });
    const [row] = await harness.sql<
      { credentials: Buffer; row: string }[]
    >`select credentials, c::text as row from current c where id = ${id}`;
    expect(row?.credentials.includes(canary)).toBe(false);
    expect(row?.row).not.toContain(canary);
    expect(JSON.stringify([current, await getCurrent(harness.admin, String(id))])).not.toContain(canary);
  });

  it('are shown as their kind and the names of the fields that are set', async () => {
    const admin = harness.open({ connector: gossip() });
    const current = await createCurrent(admin, {
      ...given,
      name: 'Kinds',
      credentials: { kind: 'key', key: `good-${canary}` },
    });
    expect(current).toMatchObject({ credentials: { kind: 'key', fields: ['key'] } });
  });

  it.each([
    ['as a value', { kind: 'key', key: canary }],
    ['as a number', { kind: 'key', key: 12345678901234 }],
    ['as a kind', { kind: canary }],
    ['as a choice', { kind: 'key', key: 'good', note: canary }],
    ['as the name of a field', { kind: 'key', key: 'good', [canary]: 1 }],
    ['beside a missing field', { kind: 'pair', user: canary }],
    ['in a list', [canary]],
    ['deep down', { kind: 'key', key: { a: [{ [canary]: canary }] } }],
    ['all by themselves', canary],
    ['cut into pieces by the schema', { kind: 'key', key: `  ${canary}${canary}` }],
  ])('are never echoed in an error: %s', async (_how, credentials) => {
    const admin = harness.open({ connector: gossip() });
    const refused = await createCurrent(admin, { ...given, name: 'Wrong', credentials });
    expect(refused.kind).toBe('InputInvalid');
    expectNoTrace(JSON.stringify(refused), canary);
    expectNoTrace(JSON.stringify(refused), '12345678901234');
  });

  it.each(['  the-key\n', '\u00a0the-key\u200b', '\ufeffthe-key\r\n', '\tthe-key\u2060'])(
    'lose what was pasted along with them: %j',
    async (key) => {
      const name = `Pasted ${JSON.stringify(key)}`;
      const { id } = currentOf(await createCurrent(harness.admin, { ...given, name, credentials: { key } }));
      const stored = async () => {
        const working = await loadCurrent(harness.sql, Number(id), harness.admin);
        return working && isUsable(working) && working.credentials;
      };
      expect(await stored()).toEqual({ key: 'the-key' });
      await updateCurrent(harness.admin, id, { credentials: { key: 'other' }, confirmName: name });
      await updateCurrent(harness.admin, id, { credentials: { key }, confirmName: name });
      expect(await stored()).toEqual({ key: 'the-key' });
    },
  );

  let oddNames = 0;
  it.each([
    [`Bearer ${canary}`, /the scheme of a header, such as Bearer/],
    [`"${canary}"`, /in quotation marks/],
    [`<${canary}>`, /a placeholder/],
    ['YOUR_TOKEN', /a placeholder/],
    [`${canary}\n${canary}`, /a line break inside/],
    [`${canary}\u0000`, /a control character inside/],
    [`${canary} ${canary}`, /a blank or an invisible character inside/],
    [`${canary}\u200b${canary}`, /a blank or an invisible character inside/],
  ])('that are odd are refused with the reason, wherever they are given: %j', async (key, reason) => {
    const name = `Odd ${++oddNames}`;
    const { id } = currentOf(await createCurrent(harness.admin, { ...given, name, credentials: { key: 'good' } }));
    for (const refused of [
      await createCurrent(harness.admin, { ...given, name: 'Odd', credentials: { key } }),
      await updateCurrent(harness.admin, id, { credentials: { key }, confirmName: name }),
      await testCredentials(harness.admin, id, { credentials: { key } }),
    ]) {
      expect(refused).toMatchObject({
        kind: 'InputInvalid',
        problems: [{ path: ['credentials', 'key'], code: 'malformed', message: expect.stringMatching(reason) }],
      });
      expectNoTrace(JSON.stringify(refused), canary);
    }
  });

  it('are refused with the invalid field and the expected value', async () => {
    const admin = harness.open({ connector: gossip() });
    expect(
      await createCurrent(admin, {
        ...given,
        name: 'Wrong',
        credentials: { kind: 'pair', user: 'ana', secret: 'short' },
      }),
    ).toMatchObject({
      problems: [{ path: ['credentials', 'secret'], message: expect.stringContaining('30') }],
    });
    expect(await createCurrent(admin, { ...given, name: 'Wrong', credentials: { kind: 'pear' } })).toMatchObject({
      problems: [{ path: ['credentials', 'kind'], message: expect.stringContaining("'key' | 'pair'") }],
    });
    expect(
      await createCurrent(admin, {
        ...given,
        name: 'Wrong',
        credentials: { kind: 'pair', user: 'ana', secret: 's'.repeat(30), keey: 1 },
      }),
    ).toMatchObject({
      problems: [
        {
          path: ['credentials'],
          message: 'expected only kind, key, note, user, secret, got another field',
        },
      ],
    });
  });
});

describe('a test of credentials', () => {
  it('passes or fails with the partner’s response', async () => {
    const id = await harness.draft('Tested');
    expect(await testCredentials(harness.admin, id)).toMatchObject({ kind: 'TestPassed' });
    harness.partner.mood = { outcome: 'blocked', code: 'bad_key', detail: 'no' };
    expect(await testCredentials(harness.admin, id)).toMatchObject({
      kind: 'TestFailed',
      outcome: 'refused',
      reason: 'bad_key',
      message: 'no',
    });
    harness.partner.mood = undefined;
  });

  it('uses credentials and settings from its input, and does not store them', async () => {
    const connector = {
      ...fakeConnector(harness.partner),
      test: async ({ credentials }: { credentials: { key: string } }) =>
        ({ outcome: 'refused', code: 'said', detail: credentials.key === 'try' ? 'tried' : 'stored' }) as const,
    };
    const admin = harness.open({ connector });
    const id = await harness.draft('Instead');
    expect(await testCredentials(admin, id, { credentials: { key: 'try' } })).toMatchObject({ message: 'tried' });
    expect(await testCredentials(admin, id)).toMatchObject({ message: 'stored' });
    expect(await testCredentials(admin, id, { credentials: {} })).toMatchObject({ kind: 'InputInvalid' });
    expect(await testCredentials(admin, id, { settings: { region: 'mars' } })).toMatchObject({
      kind: 'InputInvalid',
    });
    expect(
      await testCredentials(admin, id, { settings: { region: 'here', baseUrl: 'https://x.example.com' } }),
    ).toMatchObject({ kind: 'InputInvalid' });
    expect(await testCredentials(admin, '4711')).toMatchObject({ kind: 'CurrentNotFound' });
  });

  it('does not show credentials that the partner echoes', async () => {
    const admin = harness.open({ connector: gossip() });
    const current = await createCurrent(admin, {
      ...given,
      name: 'Gossip',
      credentials: { kind: 'key', key: `good-${canary}` },
    });
    const failed = await testCredentials(admin, currentOf(current).id);
    expect(failed).toMatchObject({ kind: 'TestFailed', reason: 'bad_key' });
    expectNoTrace(JSON.stringify(failed), canary);
  });

  it('fails without the error’s message when the connector throws', async () => {
    const admin = harness.open({
      connector: { ...fakeConnector(harness.partner), test: async () => Promise.reject(new TypeError(canary)) },
    });
    const id = await harness.draft('Thrown');
    expect(await testCredentials(admin, id)).toEqual({
      kind: 'TestFailed',
      outcome: 'unreachable',
      reason: 'test_threw',
      message: 'the connector failed: TypeError',
    });
  });

  it('brings the probe of a blocked Current forward when it passes', async () => {
    const id = await harness.launch('Repaired');
    await block(harness.sql, 'current', Number(id), { code: 'bad_key', detail: 'no' });
    await harness.sql`update current set probe_at = now() + interval '1 hour' where id = ${Number(id)}`;
    expect(await testCredentials(harness.admin, id, { credentials: { key: 'other' } })).toMatchObject({
      kind: 'TestPassed',
    });
    expect(await harness.sql`select from current where id = ${Number(id)} and probe_at <= now()`).toHaveLength(0);
    expect(await testCredentials(harness.admin, id)).toMatchObject({ kind: 'TestPassed' });
    expect(await harness.sql`select from current where id = ${Number(id)} and probe_at <= now()`).toHaveLength(1);
  });

  it('is refused for a deleted Current', async () => {
    const id = await harness.draft('Gone');
    await harness.sql`update current set state = 'deleted', credentials = null where id = ${Number(id)}`;
    expect(await testCredentials(harness.admin, id)).toMatchObject({ kind: 'CurrentWrongState' });
  });
});

it('an update of credentials replaces all of the former ones', async () => {
  const id = await harness.draft('Replaced');
  await updateCurrent(harness.admin, id, { credentials: { key: 'the-second-key' }, confirmName: 'Replaced' });
  const working = await loadCurrent(harness.sql, Number(id), harness.admin);
  expect(working && isUsable(working) && working.credentials).toEqual({ key: 'the-second-key' });
});
