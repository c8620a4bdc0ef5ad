import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSegmentHarness, until, type SegmentHarness } from './segmentHarness.js';

let harness: SegmentHarness;
beforeAll(async () => void (harness = await openSegmentHarness()));
afterAll(() => harness.close());

const problem = '... on Problem { __typename message }';
let made = 0;
const keyOf = (id: string): number => Number(id.replace(/^\w+_/, ''));

/** Creates a data import key of the partner, and pushes a cohort with it. */
async function pushCohort(
  partner: string,
  users: readonly string[],
): Promise<{ readonly id: string; readonly name: string }> {
  const name = `Cohort ${++made}`;
  const { key } = await harness.do(
    `mutation { createImportKey(input: { partner: "${partner}", name: "key ${made}" }) { ... on CreateImportKeyPayload { key } ${problem} } }`,
  );
  const common = { partner_api_key: 'p', client_secret: key, cohort_id: `c-${made}` };
  expect(
    (await harness.push(`${partner}/cohorts`, { ...common, name, created_at: '2026-01-21T19:20:30Z' })).status,
  ).toBe(201);
  expect(
    (await harness.push(`${partner}/cohorts/users`, { ...common, cohort_changes: [{ user_ids: users }] })).status,
  ).toBe(201);
  const { nodes } = await until(
    () =>
      harness.do('query ($search: String) { cohorts(filter: { search: $search }) { nodes { id memberCount } } }', {
        search: `c-${made}`,
      }),
    (page) => page.nodes[0]?.memberCount === users.length,
  );
  return { id: nodes[0].id, name };
}

it('a created import partner is listed with its endpoints, and can push cohorts', async () => {
  const register = `mutation { createImportPartner(input: { name: "segment" }) { ... on CreateImportPartnerPayload { importPartner { id name label isBuiltIn endpoints { method path } } } ${problem} } }`;
  const segment = {
    id: 'imp_segment',
    name: 'segment',
    label: 'segment',
    isBuiltIn: false,
    endpoints: [
      { method: 'POST', path: '/partners/segment/cohorts' },
      { method: 'POST', path: '/partners/segment/cohorts/users' },
    ],
  };
  expect(await harness.do(register)).toEqual({ importPartner: segment });
  expect(await harness.do(register)).toMatchObject({ __typename: 'ImportPartnerExists' });
  const { nodes: partners } = await harness.do(
    '{ importPartners { nodes { id name label isBuiltIn endpoints { method path } } } }',
  );
  expect(partners).toContainEqual(segment);
  const found = await harness.do(
    '{ nodes(ids: ["imp_segment", "imp_nobody", "imp_mixpanel"]) { id ... on ImportPartner { name } } }',
  );
  expect(found).toEqual([{ id: 'imp_segment', name: 'segment' }, null, { id: 'imp_mixpanel', name: 'mixpanel' }]);
  expect(partners.map(({ name }: any) => name)).toEqual(['amplitude', 'mixpanel', 'segment']);
  expect(await pushCohort('segment', ['ann'])).toMatchObject({ id: expect.any(String) });
});

it('a created import partner can be deleted, a built-in one cannot', async () => {
  const mutate = (verb: string, name: string) =>
    harness.do(
      `mutation { ${verb.toLowerCase()}ImportPartner(input: { name: "${name}" }) { ... on ${verb}ImportPartnerPayload { importPartner { name } } ${problem} } }`,
    );
  await mutate('Create', 'typo');
  expect(await mutate('Delete', 'typo')).toEqual({ importPartner: { name: 'typo' } });
  expect(await mutate('Delete', 'mixpanel')).toMatchObject({ __typename: 'ImportPartnerInUse' });
});

it('the scheduled revocation of a key can be cancelled', async () => {
  const { importKey } = await harness.do(
    'mutation { createImportKey(input: { partner: "mixpanel", name: "kept" }) { ... on CreateImportKeyPayload { importKey { id } } } }',
  );
  const at = new Date(Date.now() + 3_600_000).toISOString();
  const shown = 'importKey { isValid revokedAt partner { name } }';
  expect(
    await harness.do(
      `mutation { revokeImportKey(input: { id: "${importKey.id}", confirmName: "kept", at: "${at}" }) { ... on RevokeImportKeyPayload { ${shown} } ${problem} } }`,
    ),
  ).toEqual({ importKey: { isValid: true, revokedAt: at, partner: { name: 'mixpanel' } } });
  expect(
    await harness.do(
      `mutation { cancelImportKeyRevocation(input: { id: "${importKey.id}", confirmName: "kept" }) { ... on CancelImportKeyRevocationPayload { ${shown} } ${problem} } }`,
    ),
  ).toEqual({ importKey: { isValid: true, revokedAt: null, partner: { name: 'mixpanel' } } });
});

describe('createCohort', () => {
  const create = `mutation ($input: CreateCohortInput!) { createCohort(input: $input) {
    ... on CreateCohortPayload { cohort { partner partnerId name nameAtPartner schedule memberCount lastSyncAt } }
    ... on InputInvalid { problems { path code } } ... on ImportPartnerNotFound { known } ${problem} } }`;
  const cohort = { partner: 'amplitude', partnerId: 'not-pushed-yet', name: 'Buyers', schedule: 'HOURLY' };

  it('creates a cohort that its partner has not pushed yet, once', async () => {
    expect(await harness.do(create, { input: cohort })).toEqual({
      cohort: {
        partner: 'amplitude',
        partnerId: 'not-pushed-yet',
        name: '[Amplitude] Buyers: not-pushed-yet',
        nameAtPartner: 'Buyers',
        schedule: 'HOURLY',
        memberCount: 0,
        lastSyncAt: null,
      },
    });
    expect(await harness.do(create, { input: cohort })).toMatchObject({ __typename: 'CohortExists' });
  });

  it.each([
    [{ partner: 'unknown' }, { __typename: 'ImportPartnerNotFound', known: expect.arrayContaining(['amplitude']) }],
    [
      { partnerId: '', name: ' ' },
      {
        problems: [
          { path: ['partnerId'], code: 'MALFORMED' },
          { path: ['name'], code: 'REQUIRED' },
        ],
      },
    ],
    [{ partnerId: 'x'.repeat(401) }, { problems: [{ path: ['partnerId'], code: 'MALFORMED' }] }],
  ])('refuses %j', async (wrong, answer) => {
    expect(await harness.do(create, { input: { ...cohort, ...wrong } })).toMatchObject(answer);
  });
});

describe('a cohort', () => {
  const ask = (id: string) =>
    harness.do(
      `query ($id: ID!) { cohort(id: $id) { ... on Cohort {
        id partner partnerId listId name description memberCount memberCounts { externalIdCount deviceIdCount aliasCount } schedule freshness { state dueAt staleAt } lastSyncAt
        drift { reportedCount reportedBy expectedCount actualCount difference } pendingChangeCount version createdAt createdAtPartner deletedAt
        syncs { nodes { id type state startedAt lastReceivedAt finishedAt receivedPageCount expectedPageCount receivedCount addedCount removedCount unchangedCount lateCount refused { reason description memberCount } cohort { id } } pageInfo { hasNextPage } totalCount totalCountIsExact }
      } ${problem} } }`,
      { id },
    );

  it('is shown with all fields, and accepts a schedule and a reported size', async () => {
    const { id, name } = await pushCohort('amplitude', ['ann', 'bob']);
    expect(await ask(id)).toMatchObject({
      partner: 'amplitude',
      name: expect.stringContaining(`[Amplitude] ${name}: c-`),
      memberCount: 2,
      schedule: null,
      freshness: { state: 'UNKNOWN', dueAt: null, staleAt: null },
      drift: null,
      pendingChangeCount: 0,
      createdAtPartner: '2026-01-21T19:20:30.000Z',
      deletedAt: null,
      syncs: {
        nodes: [
          {
            type: 'CHANGES',
            state: 'APPLIED',
            receivedCount: 2,
            addedCount: 2,
            removedCount: 0,
            unchangedCount: 0,
            lateCount: 0,
            refused: [],
            cohort: { id },
          },
        ],
        pageInfo: { hasNextPage: false },
        totalCount: 1,
        totalCountIsExact: true,
      },
    });
    const schedule = (word: string, more = '') =>
      harness.do(
        `mutation ($id: ID!) { updateCohort(input: { id: $id, schedule: ${word} ${more} }) { ... on UpdateCohortPayload { cohort { schedule version freshness { state } } } ... on VersionConflict { code version node { id } } ${problem} } }`,
        { id },
      );
    expect(await schedule('HOURLY', 'ifVersion: 1')).toEqual({
      cohort: { schedule: 'HOURLY', version: 2, freshness: { state: 'FRESH' } },
    });
    expect(await schedule('DAILY', 'ifVersion: 1')).toMatchObject({
      __typename: 'VersionConflict',
      code: 'VERSION_CONFLICT',
      version: 2,
      node: { id },
    });
    await harness.sql`update cohort set last_sync_at = now() - interval '3 hours' where id = ${keyOf(id)}`;
    expect(await ask(id)).toMatchObject({
      schedule: 'HOURLY',
      freshness: { state: 'STALE', dueAt: expect.any(String), staleAt: expect.any(String) },
    });
    expect(await schedule('null')).toEqual({ cohort: { schedule: null, version: 3, freshness: { state: 'UNKNOWN' } } });
    expect(
      await harness.do(
        `mutation ($id: ID!) { reportCohortSize(input: { id: $id, memberCount: 5 }) { ... on ReportCohortSizePayload { cohort { drift { reportedCount reportedBy actualCount difference } } } ${problem} } }`,
        { id },
      ),
    ).toEqual({
      cohort: { drift: { reportedCount: 5, reportedBy: 'ADMIN', actualCount: 2, difference: -3 } },
    });
    expect(
      await harness.do(
        `mutation ($id: ID!) { checkCohort(input: { cohortId: $id }) { ... on CheckCohortPayload { job { operation state doneCount totalCount result { ... on CohortCheck { isConsistent countedMembers { externalIdCount } memberCounts { externalIdCount } cohort { id } } } } } ${problem} } }`,
        { id },
      ),
    ).toEqual({
      job: {
        operation: 'CHECK_COHORT',
        state: 'DONE',
        doneCount: 2,
        totalCount: 2,
        result: {
          isConsistent: true,
          countedMembers: { externalIdCount: 2 },
          memberCounts: { externalIdCount: 2 },
          cohort: { id },
        },
      },
    });
    for (const mutation of [
      'query { cohort(id: "coh_99") ',
      'mutation { checkCohort(input: { cohortId: "coh_99" }) ',
      'mutation { updateCohort(input: { id: "coh_99" }) ',
      'mutation { reportCohortSize(input: { id: "coh_99", memberCount: 1 }) ',
    ]) {
      expect(await harness.do(`${mutation} { ${problem} } }`)).toMatchObject({ __typename: 'CohortNotFound' });
    }
  });

  it('is deleted by its display name, unless a segment uses it', async () => {
    const { id } = await pushCohort('mixpanel', ['ann']);
    const { name } = await ask(id);
    const { segment } = await harness.do(
      `mutation ($input: CreateSegmentInput!) { createSegment(input: $input) { ... on CreateSegmentPayload { segment { id } } ${problem} } }`,
      { input: { name: `Of ${name}`, definition: { includes: id } } },
    );
    expect(
      (
        await harness.do('query ($id: ID) { segments(filter: { cohortId: $id }) { nodes { id cohorts { id } } } }', {
          id,
        })
      ).nodes,
    ).toEqual([{ id: segment.id, cohorts: [{ id }] }]);
    const remove = (confirmName: string, dryRun = false) =>
      harness.do(
        `mutation ($input: DeleteCohortInput!) { deleteCohort(input: $input) { ... on DeleteCohortPayload { isDryRun cohort { deletedAt } } ... on CohortInUse { segments { id } } ${problem} } }`,
        { input: { id, confirmName, dryRun } },
      );
    expect(await remove(name)).toMatchObject({ __typename: 'CohortInUse', segments: [{ id: segment.id }] });
    const end = (confirmName: string, dryRun = false) =>
      harness.do(
        `mutation ($input: DeleteSegmentInput!) { deleteSegment(input: $input) { ... on DeleteSegmentPayload { isDryRun segment { id name } } ${problem} } }`,
        { input: { id: segment.id, confirmName, dryRun } },
      );
    expect(await end('x')).toMatchObject({ __typename: 'NotConfirmed' });
    const shown = { id: segment.id, name: `Of ${name}` };
    expect(await end('', true)).toEqual({ isDryRun: true, segment: shown });
    expect(await end(`Of ${name}`)).toEqual({ isDryRun: false, segment: shown });
    expect(await remove('x')).toMatchObject({ __typename: 'NotConfirmed' });
    expect(await remove('', true)).toEqual({ isDryRun: true, cohort: { deletedAt: null } });
    expect(await remove(name)).toEqual({ isDryRun: false, cohort: { deletedAt: expect.any(String) } });
    expect((await harness.do('{ cohorts(filter: { isDeleted: true }) { nodes { id } } }')).nodes).toEqual([{ id }]);
  });
});

it('a webhook’s secret is rotated with its URL as confirmation', async () => {
  const { id } = await pushCohort('mixpanel', ['ann']);
  const { segment } = await harness.do(
    'mutation ($input: CreateSegmentInput!) { createSegment(input: $input) { ... on CreateSegmentPayload { segment { id } } } }',
    { input: { name: 'Renewed', definition: { includes: id } } },
  );
  const url = 'http://127.0.0.1:1/renewed';
  const created = await harness.do(
    'mutation ($id: ID!, $url: String!) { createSegmentWebhook(input: { segmentId: $id, url: $url }) { ... on CreateSegmentWebhookPayload { secret segmentWebhook { id } } } }',
    { id: segment.id, url },
  );
  const renew = (confirmUrl: string) =>
    harness.do(
      `mutation ($id: ID!, $confirmUrl: String!) { rotateSegmentWebhookSecret(input: { id: $id, confirmUrl: $confirmUrl }) { ... on RotateSegmentWebhookSecretPayload { secret } ${problem} } }`,
      { id: created.segmentWebhook.id, confirmUrl },
    );
  expect(await renew('x')).toMatchObject({ __typename: 'NotConfirmed' });
  const { secret } = await renew(url);
  expect(secret).toMatch(/^cur_webhook_/);
  expect(secret).not.toBe(created.secret);
  expect(
    await harness.do(
      `query ($id: ID!) { segmentWebhook(id: $id) { ... on SegmentWebhook { url state stateSince allowedActions deferral { code detail until } block { code detail } segment { id } changesCursor lastDeliveredAt createdAt } ${problem} } }`,
      { id: created.segmentWebhook.id },
    ),
  ).toMatchObject({ url, state: 'LIVE', segment: { id: segment.id } });
});

it('cohorts, syncs, keys, segments and webhooks are found by id, and an id of another type is refused', async () => {
  const { id } = await pushCohort('amplitude', ['ann']);
  const { syncs } = await harness.do(
    'query ($id: ID!) { cohort(id: $id) { ... on Cohort { syncs { nodes { id } } } } }',
    { id },
  );
  const { nodes: keys } = await harness.do('{ importKeys(first: 1) { nodes { id } } }');
  const { segment } = await harness.do(
    'mutation ($input: CreateSegmentInput!) { createSegment(input: $input) { ... on CreateSegmentPayload { segment { id } } } }',
    { input: { name: 'Found again', definition: { not: { excludes: id } } } },
  );
  const { segmentWebhook } = await harness.do(
    'mutation ($input: CreateSegmentWebhookInput!) { createSegmentWebhook(input: $input) { ... on CreateSegmentWebhookPayload { segmentWebhook { id } } } }',
    { input: { segmentId: segment.id, url: 'http://127.0.0.1:1/found' } },
  );
  const expected = [
    { __typename: 'Cohort', id },
    { __typename: 'CohortSync', id: syncs.nodes[0].id },
    { __typename: 'ImportKey', id: keys[0].id },
    { __typename: 'Segment', id: segment.id },
    { __typename: 'SegmentWebhook', id: segmentWebhook.id },
  ];
  const ids = expected.map((node) => node.id);
  expect(ids.map((each) => each.slice(0, 4))).toEqual(['coh_', 'syn_', 'key_', 'seg_', 'whk_']);
  expect(
    await harness.do('query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }', { ids: [...ids, 'pul_999999'] }),
  ).toEqual([...expected, null]);
  expect(
    await harness.do('query ($id: ID!) { cohort(id: $id) { ... on Problem { code message } } }', { id: segment.id }),
  ).toEqual({ code: 'WRONG_ID_TYPE', message: expect.stringContaining('coh_') });
});

describe.each(['segments', 'cohorts'] as const)('%s in order', (list) => {
  const names = ['beta', 'Alpha', 'gamma', 'Beta two', 'alpha two'].map((name) => `ordered ${list} ${name}`);
  const instant = list === 'segments' ? 'UPDATED_AT' : 'LAST_SYNC_AT';
  beforeAll(async () => {
    for (const [index, name] of names.entries()) {
      if (list === 'cohorts') {
        await harness.sql`
          insert into cohort (partner, partner_id, list_id, name, last_sync_at)
          values ('segment', ${name}, ${name}, ${name}, ${index === 2 ? null : `2026-01-0${9 - index}T00:00:00Z`})`;
      } else {
        const { id } = await pushCohort('amplitude', ['ann']);
        const definition = { includes: id };
        await harness.do(
          'mutation ($input: CreateSegmentInput!) { createSegment(input: $input) { ... on CreateSegmentPayload { segment { id } } } }',
          { input: { name, definition } },
        );
        await harness.sql`update segment set updated_at = ${`2026-01-0${9 - index}T00:00:00Z`} where name = ${name}`;
      }
    }
  });

  /** Reads the list in pages of two. */
  async function read(field: string, direction: string): Promise<readonly string[]> {
    const read: string[] = [];
    for (let after: string | null = null; ;) {
      const { nodes, pageInfo, totalCount } = await harness.do(
        `query ($after: String) {
          ${list}(first: 2, after: $after, filter: { search: "ordered ${list}" }, orderBy: { field: ${field}, direction: ${direction} }) {
            totalCount nodes { name } pageInfo { hasNextPage endCursor }
          }
        }`,
        { after },
      );
      expect(totalCount).toBe(names.length);
      read.push(...nodes.map(({ name }: { name: string }) => name));
      if (!pageInfo.hasNextPage) return read;
      after = pageInfo.endCursor;
    }
  }

  it('are sorted by each field in both directions, with pages that have no gaps and no duplicates', async () => {
    const byName = [1, 4, 0, 3, 2].map((index) => names[index]);
    // Created in this order; the times are in the opposite order, and a cohort without a sync is first.
    const byInstant = (list === 'segments' ? [4, 3, 2, 1, 0] : [2, 4, 3, 1, 0]).map((index) => names[index]);
    for (const [field, expected] of Object.entries({ NAME: byName, CREATED_AT: names, [instant]: byInstant })) {
      expect(await read(field, 'ASC'), field).toEqual(expected);
      expect(await read(field, 'DESC'), field).toEqual([...expected].reverse());
    }
  });

  it('refuse a cursor of another order', async () => {
    const { pageInfo } = await harness.do(`{ ${list}(first: 1, orderBy: { field: NAME }) { pageInfo { endCursor } } }`);
    await expect(harness.do(`{ ${list}(after: "${pageInfo.endCursor}") { totalCount } }`)).rejects.toThrow(
      'expected a cursor of this list with the same order',
    );
  });
});

it('a definition with the maximum number of levels is created and read back', async () => {
  const { id } = await pushCohort('amplitude', ['ann']);
  const nested = (levels: number, cohort: unknown = id): object =>
    levels === 1 ? { includes: cohort } : { all: [nested(levels - 1, cohort)] };
  const fields = (levels: number): string => (levels === 1 ? 'includes { id }' : `all { ${fields(levels - 1)} }`);
  const create =
    'mutation ($input: CreateSegmentInput!) { createSegment(input: $input) { __typename ... on CreateSegmentPayload { segment { id } } } }';
  expect(await harness.do(create, { input: { name: 'Too deep', definition: nested(11) } })).toMatchObject({
    __typename: 'InputInvalid',
  });
  await harness.do(create, { input: { name: 'Deep', definition: nested(10) } });
  expect(
    await harness.do(`{ segments(filter: { search: "Deep" }) { edges { node { definition { ${fields(10)} } } } } }`),
  ).toMatchObject({ edges: [{ node: { definition: nested(10, { id }) } }] });
  const { nodes } = await harness.do(
    '{ segments(filter: { search: "Deep" }) { nodes { definitionParts { level form cohort { id } } } } }',
  );
  expect(nodes[0].definitionParts).toEqual([
    ...Array.from({ length: 9 }, (_, index) => ({ level: index + 1, form: 'ALL', cohort: null })),
    { level: 10, form: 'INCLUDES', cohort: { id } },
  ]);
});
