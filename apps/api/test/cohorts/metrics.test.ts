import { afterAll, beforeAll, expect, it } from 'vitest';
import { basic, bearer, changes, message, openPartnerDoor, page, type PartnerDoor } from './partnerHarness.js';

let door: PartnerDoor;
beforeAll(async () => {
  door = await openPartnerDoor({ bodyBytes: 10_000 });
});
afterAll(() => door.close());

it('an operator sees what became of every push, by partner', async () => {
  await door.sql`insert into import_partner (name) values ('segment')`;
  const [mixpanel, amplitude, segment] = [
    await door.makeKey('mixpanel'),
    await door.makeKey('amplitude'),
    await door.makeKey('segment'),
  ];
  const twice = page('add_members', ['a']);
  await door.push('mixpanel/webhook', twice, basic('', mixpanel));
  await door.push('mixpanel/webhook', twice, basic('', mixpanel));
  await door.push('mixpanel/webhook', page('add_members', []), basic('', 'nonsense'));
  await door.push('mixpanel/webhook', 'x'.repeat(20_000), basic('', mixpanel));
  await door.push('amplitude/webhook', message(['a']), bearer(amplitude));
  await door.push('amplitude/webhook', { users: 7 }, bearer(amplitude));
  await door.push('amplitude/lists/nowhere/add', { userIds: ['a'] }, bearer(amplitude));
  await door.push('segment/cohorts/users', changes(segment, []));
  await door.push('segment/cohorts/users', changes(segment, 'none'));
  // Whoever knocks anywhere does not fill the metrics with names.
  await door.push('nobody-1/cohorts', changes('cur_import_x', []));
  await door.push('nobody-2/cohorts', 'x'.repeat(20_000));
  await door.push('nobody-3/cohorts', 'x', { 'content-encoding': 'gzip' });

  const text = await (await fetch(`${door.url}/metrics`)).text();
  expect(
    [...text.matchAll(/^currents_pushes_total\{partner="(.*)",result="(.*)"\} (\d+)$/gm)]
      .map(([, ...found]) => found.join(' '))
      .sort(),
  ).toEqual([
    'amplitude refused 2',
    'amplitude stored 1',
    'mixpanel refused 1',
    'mixpanel repeated 1',
    'mixpanel stored 1',
    'mixpanel unauthorised 1',
    'other refused 2',
    'segment refused 1',
    'segment stored 1',
  ]);
});

it('and those that are to come again', async () => {
  await door.loseDatabase();
  await door.push('mixpanel/webhook', page('add_members', ['a']), basic('', 'cur_import_unknown'));
  const text = await (await fetch(`${door.url}/metrics`)).text();
  expect(text).toMatch(/^currents_pushes_total\{partner="mixpanel",result="deferred"\} 1$/m);
});
