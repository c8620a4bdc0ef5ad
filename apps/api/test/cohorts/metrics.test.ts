import { afterAll, beforeAll, expect, it } from 'vitest';
import { basic, bearer, changes, message, openPartnerHarness, page, type PartnerHarness } from './partnerHarness.js';

let api: PartnerHarness;
beforeAll(async () => {
  api = await openPartnerHarness({ maxBodyBytes: 10_000 });
});
afterAll(() => api.close());

it('/metrics counts pushes by partner and result', async () => {
  await api.sql`insert into import_partner (name) values ('segment')`;
  const [mixpanel, amplitude, segment] = [
    await api.makeKey('mixpanel'),
    await api.makeKey('amplitude'),
    await api.makeKey('segment'),
  ];
  const twice = page('add_members', ['a']);
  await api.push('mixpanel/webhook', twice, basic('', mixpanel));
  await api.push('mixpanel/webhook', twice, basic('', mixpanel));
  await api.push('mixpanel/webhook', page('add_members', []), basic('', 'nonsense'));
  await api.push('mixpanel/webhook', 'x'.repeat(20_000), basic('', mixpanel));
  await api.push('amplitude/webhook', message(['a']), bearer(amplitude));
  await api.push('amplitude/webhook', { users: 7 }, bearer(amplitude));
  await api.push('amplitude/lists/nowhere/add', { userIds: ['a'] }, bearer(amplitude));
  await api.push('segment/cohorts/users', changes(segment, []));
  await api.push('segment/cohorts/users', changes(segment, 'none'));
  // Unknown names are not counted, and do not become label values.
  await api.push('nobody-1/cohorts', changes('cur_import_x', []));
  await api.push('nobody-2/cohorts', 'x'.repeat(20_000));
  await api.push('nobody-3/cohorts', 'x', { 'content-encoding': 'gzip' });

  const text = await (await fetch(`${api.url}/metrics`)).text();
  expect(
    [...text.matchAll(/^currents_cohort_pushes_total\{partner="(.*)",result="(.*)"\} (\d+)$/gm)]
      .map(([, ...found]) => found.join(' '))
      .sort(),
  ).toEqual([
    'amplitude refused 2',
    'amplitude stored 1',
    'mixpanel refused 1',
    'mixpanel repeated 1',
    'mixpanel stored 1',
    'mixpanel unauthorised 1',
    'segment refused 1',
    'segment stored 1',
  ]);
});

it('/metrics counts pushes that partners must repeat', async () => {
  await api.loseDatabase();
  await api.push('mixpanel/webhook', page('add_members', ['a']), basic('', 'cur_import_unknown'));
  const text = await (await fetch(`${api.url}/metrics`)).text();
  expect(text).toMatch(/^currents_cohort_pushes_total\{partner="mixpanel",result="deferred"\} 1$/m);
});
