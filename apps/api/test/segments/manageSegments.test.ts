import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSegmentHarness, until, type SegmentHarness } from './segmentHarness.js';

let marketer: SegmentHarness;
beforeAll(async () => void (marketer = await openSegmentHarness()));
afterAll(() => marketer.close());

const problem = '... on Problem { __typename message }';
let made = 0;

/** A key of a partner that an admin makes known, and a cohort that it pushes. */
async function pushCohort(
  partner: string,
  users: readonly string[],
): Promise<{ readonly id: string; readonly name: string }> {
  const name = `Cohort ${++made}`;
  const { key } = await marketer.do(
    `mutation { createImportKey(partner: "${partner}", name: "key ${made}") { ... on ImportKeyCreated { key } ${problem} } }`,
  );
  const common = { partner_api_key: 'p', client_secret: key, cohort_id: `c-${made}` };
  expect(
    (await marketer.push(`${partner}/cohorts`, { ...common, name, created_at: '2026-01-21T19:20:30Z' })).status,
  ).toBe(201);
  expect(
    (await marketer.push(`${partner}/cohorts/users`, { ...common, cohort_changes: [{ user_ids: users }] })).status,
  ).toBe(201);
  const { nodes } = await until(
    () =>
      marketer.do('query ($text: String) { cohorts(filter: { text: $text }) { nodes { id members } } }', {
        text: `c-${made}`,
      }),
    (page) => page.nodes[0]?.members === users.length,
  );
  return { id: nodes[0].id, name };
}

it('a partner that an admin makes known is shown with its endpoints, and pushes cohorts', async () => {
  const register = `mutation { registerImportPartner(name: "segment") { ... on ImportPartner { name label registered endpoints { method path } } ${problem} } }`;
  const segment = {
    name: 'segment',
    label: 'segment',
    registered: true,
    endpoints: [
      { method: 'POST', path: '/partners/segment/cohorts' },
      { method: 'POST', path: '/partners/segment/cohorts/users' },
    ],
  };
  expect(await marketer.do(register)).toEqual(segment);
  expect(await marketer.do(register)).toMatchObject({ __typename: 'PartnerExists' });
  const partners = await marketer.do('{ importPartners { name label registered endpoints { method path } } }');
  expect(partners).toContainEqual(segment);
  expect(partners.map(({ name }: any) => name)).toEqual(['amplitude', 'mixpanel', 'segment']);
  expect(await pushCohort('segment', ['ann'])).toMatchObject({ id: expect.any(String) });
});

it('an end that lies ahead can be taken back from a key', async () => {
  const { importKey } = await marketer.do(
    'mutation { createImportKey(partner: "mixpanel", name: "kept") { ... on ImportKeyCreated { importKey { id } } } }',
  );
  const from = new Date(Date.now() + 3_600_000).toISOString();
  const shown = `{ ... on ImportKey { good invalidFrom } ${problem} }`;
  expect(
    await marketer.do(
      `mutation { invalidateImportKey(id: "${importKey.id}", confirmName: "kept", from: "${from}") ${shown} }`,
    ),
  ).toEqual({ good: true, invalidFrom: from });
  expect(await marketer.do(`mutation { keepImportKey(id: "${importKey.id}", confirmName: "kept") ${shown} }`)).toEqual({
    good: true,
    invalidFrom: null,
  });
});

describe('of a cohort an admin', () => {
  const ask = (id: string) =>
    marketer.do(
      `query ($id: ID!) { cohort(id: $id) { ... on Cohort {
        id partner partnerId listId name description members sizes { externalIds deviceIds aliases } schedule freshness { state dueAt staleAt } lastSyncAt
        drift { reportedCount reportedBy expected held difference } waitingChanges createdAt createdAtPartner deletedAt
        syncs { nodes { id syncKind state startedAt lastAt finishedAt pagesReceived pagesExpected given added removed unchanged late refused { code description members } } nextCursor }
      } ${problem} } }`,
      { id },
    );

  it('sees everything there is, and states how often it comes and how many there should be', async () => {
    const { id, name } = await pushCohort('amplitude', ['ann', 'bob']);
    expect(await ask(id)).toMatchObject({
      partner: 'amplitude',
      name: expect.stringContaining(`[Amplitude] ${name}: c-`),
      members: 2,
      schedule: null,
      freshness: { state: 'unknown', dueAt: null, staleAt: null },
      drift: null,
      waitingChanges: 0,
      createdAtPartner: '2026-01-21T19:20:30.000Z',
      deletedAt: null,
      syncs: {
        nodes: [
          { syncKind: 'changes', state: 'applied', given: 2, added: 2, removed: 0, unchanged: 0, late: 0, refused: [] },
        ],
        nextCursor: null,
      },
    });
    const schedule = (word: string) =>
      marketer.do(
        `mutation ($id: ID!) { setCohortSchedule(id: $id, schedule: ${word}) { ... on Cohort { schedule freshness { state } } ${problem} } }`,
        { id },
      );
    expect(await schedule('hourly')).toEqual({ schedule: 'hourly', freshness: { state: 'fresh' } });
    await marketer.sql`update cohort set last_sync_at = now() - interval '3 hours' where id = ${Number(id)}`;
    expect(await ask(id)).toMatchObject({
      schedule: 'hourly',
      freshness: { state: 'stale', dueAt: expect.any(String), staleAt: expect.any(String) },
    });
    expect(await schedule('null')).toEqual({ schedule: null, freshness: { state: 'unknown' } });
    expect(
      await marketer.do(
        `mutation ($id: ID!) { noteCohortSize(id: $id, members: 5) { ... on Cohort { drift { reportedCount reportedBy held difference } } ${problem} } }`,
        { id },
      ),
    ).toEqual({
      drift: { reportedCount: 5, reportedBy: 'admin', held: 2, difference: -3 },
    });
    expect(
      await marketer.do(
        `query ($id: ID!) { checkCohort(id: $id) { ... on CohortChecked { balances counted { externalIds } cohort { id } } ${problem} } }`,
        { id },
      ),
    ).toEqual({
      balances: true,
      counted: { externalIds: 2 },
      cohort: { id },
    });
    for (const deed of [
      'query { cohort(id: "99") ',
      'query { checkCohort(id: "99") ',
      'mutation { setCohortSchedule(id: "99") ',
      'mutation { noteCohortSize(id: "99", members: 1) ',
    ]) {
      expect(await marketer.do(`${deed} { ${problem} } }`)).toMatchObject({ __typename: 'CohortNotFound' });
    }
  });

  it('deletes it by its name as it is shown, once no segment is made of it', async () => {
    const { id } = await pushCohort('mixpanel', ['ann']);
    const { name } = await ask(id);
    const segment = await marketer.do(
      `mutation ($input: CreateSegmentInput!) { createSegment(input: $input) { ... on Segment { id } ${problem} } }`,
      { input: { name: `Of ${name}`, definition: { includes: id } } },
    );
    expect(
      (
        await marketer.do(
          'query ($id: String) { segments(filter: { cohortId: $id }) { nodes { id cohorts { id } } } }',
          { id },
        )
      ).nodes,
    ).toEqual([{ id: segment.id, cohorts: [{ id }] }]);
    const remove = (confirmName: string) =>
      marketer.do(
        `mutation ($id: ID!, $confirmName: String!) { deleteCohort(id: $id, confirmName: $confirmName) { ... on Cohort { deletedAt } ... on CohortInUse { segmentIds } ${problem} } }`,
        { id, confirmName },
      );
    expect(await remove('x')).toMatchObject({ __typename: 'NotConfirmed' });
    expect(await remove(name)).toMatchObject({ __typename: 'CohortInUse', segmentIds: [segment.id] });
    const end = (confirmName: string) =>
      marketer.do(
        `mutation ($id: ID!, $confirmName: String!) { deleteSegment(id: $id, confirmName: $confirmName) { ... on SegmentDeleted { id name } ${problem} } }`,
        { id: segment.id, confirmName },
      );
    expect(await end('x')).toMatchObject({ __typename: 'NotConfirmed' });
    expect(await end(`Of ${name}`)).toEqual({ id: segment.id, name: `Of ${name}` });
    expect(await remove(name)).toEqual({ deletedAt: expect.any(String) });
    expect((await marketer.do('{ cohorts(filter: { deleted: true }) { nodes { id } } }')).nodes).toEqual([{ id }]);
  });
});

it('a webhook’s secret is renewed by its URL', async () => {
  const { id } = await pushCohort('mixpanel', ['ann']);
  const segment = await marketer.do(
    'mutation ($input: CreateSegmentInput!) { createSegment(input: $input) { ... on Segment { id } } }',
    { input: { name: 'Renewed', definition: { includes: id } } },
  );
  const url = 'http://127.0.0.1:1/renewed';
  const created = await marketer.do(
    'mutation ($id: ID!, $url: String!) { createSegmentWebhook(segmentId: $id, url: $url) { ... on SegmentWebhookSecretShown { secret webhook { id } } } }',
    { id: segment.id, url },
  );
  const renew = (confirmUrl: string) =>
    marketer.do(
      `mutation ($id: ID!, $confirmUrl: String!) { renewSegmentWebhookSecret(id: $id, confirmUrl: $confirmUrl) { ... on SegmentWebhookSecretShown { secret } ${problem} } }`,
      { id: created.webhook.id, confirmUrl },
    );
  expect(await renew('x')).toMatchObject({ __typename: 'NotConfirmed' });
  const { secret } = await renew(url);
  expect(secret).toMatch(/^cur_webhook_/);
  expect(secret).not.toBe(created.secret);
  expect(
    await marketer.do(
      `query ($id: ID!) { segmentWebhook(id: $id) { ... on SegmentWebhook { url state stateSince trouble { code detail until } changesCursor lastDeliveredAt createdAt } ${problem} } }`,
      { id: created.webhook.id },
    ),
  ).toMatchObject({ url, state: 'live' });
});
