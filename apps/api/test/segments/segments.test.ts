import { get as getSlowly } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSegmentHarness, until, type SegmentHarness } from './segmentHarness.js';

let harness: SegmentHarness;
beforeAll(async () => void (harness = await openSegmentHarness()));
afterAll(() => harness.close());

const problem = '... on Problem { __typename message }';
let made = 0;

async function makeKey(partner: string): Promise<string> {
  const { key } = await harness.do(
    `mutation ($partner: String!, $name: String!) { createImportKey(input: { partner: $partner, name: $name }) { ... on CreateImportKeyPayload { key } ${problem} } }`,
    { partner, name: `key ${++made}` },
  );
  return key;
}

async function sendCohort(key: string, id: string, users: readonly string[], more: object = {}): Promise<void> {
  const declared = await harness.push('amplitude/cohorts', {
    partner_api_key: 'p',
    client_secret: key,
    cohort_id: id,
    name: `Name of ${id}`,
    created_at: '2026-01-21T19:20:30Z',
  });
  expect(declared.status).toBe(201);
  const sent = await harness.push('amplitude/cohorts/users', {
    partner_api_key: 'p',
    client_secret: key,
    cohort_id: id,
    cohort_changes: [{ user_ids: users, ...more }],
  });
  expect(sent.status).toBe(201);
}

const cohortOf = (partnerId: string, members: number) =>
  until(
    () =>
      harness.do(
        'query ($search: String) { cohorts(filter: { search: $search }) { nodes { id name memberCount freshness { state } memberCounts { externalIdCount deviceIdCount aliasCount } syncs { nodes { type state addedCount receivedCount refused { reason memberCount } } } } } }',
        { search: partnerId },
      ),
    ({ nodes }) => nodes[0]?.memberCount === members,
  ).then(({ nodes }) => nodes[0]);

const makeSegment = async (definition: object, members: number): Promise<string> => {
  const { segment } = await harness.do(
    `mutation ($input: CreateSegmentInput!) { createSegment(input: $input) { ... on CreateSegmentPayload { segment { id } } ${problem} } }`,
    { input: { name: `Segment ${++made}`, definition } },
  );
  const { id } = segment;
  await until(
    () =>
      harness.do('query ($id: ID!) { segment(id: $id) { ... on Segment { isEvaluationDue memberCount } } }', { id }),
    ({ isEvaluationDue, memberCount }) => !isEvaluationDue && memberCount === members,
  );
  return id;
};

describe('segments over GraphQL and HTTP', () => {
  it('lead from a data import key to the members of a segment', async () => {
    const key = await makeKey('amplitude');
    await sendCohort(key, 'buyers', ['ann', 'bob', 'cy']);
    await sendCohort(key, 'gone', ['bob'], {
      device_ids: ['d-1'],
      aliases: [{ alias_name: 'n, "1"', alias_label: 'l' }],
    });
    const buyers = await cohortOf('buyers', 3);
    expect(buyers).toMatchObject({
      name: '[Amplitude] Name of buyers: buyers',
      freshness: { state: 'UNKNOWN' },
      syncs: { nodes: [{ type: 'CHANGES', state: 'APPLIED', addedCount: 3, receivedCount: 3, refused: [] }] },
    });
    const gone = await cohortOf('gone', 3);
    expect(gone.memberCounts).toEqual({ externalIdCount: 1, deviceIdCount: 1, aliasCount: 1 });

    const definition = { all: [{ includes: buyers.id }, { excludes: gone.id }] };
    expect(
      await harness.do(
        'query ($definition: SegmentDefinitionInput!) { previewSegment(definition: $definition) { ... on SegmentPreview { memberCount examples { externalId } } } }',
        { definition },
      ),
    ).toEqual({ memberCount: 2, examples: [{ externalId: 'ann' }, { externalId: 'cy' }] });
    const id = await makeSegment(definition, 2);
    const view = await harness.do(
      'query ($id: ID!) { segment(id: $id) { ... on Segment { definition { all { includes { id } excludes { id } } } cohorts { name } members(first: 1) { nodes { externalId } pageInfo { endCursor } totalCount } changesCursor } } }',
      { id },
    );
    expect(view).toMatchObject({
      definition: {
        all: [
          { includes: { id: buyers.id }, excludes: null },
          { includes: null, excludes: { id: gone.id } },
        ],
      },
      cohorts: [{ name: buyers.name }, { name: gone.name }],
      members: { nodes: [{ externalId: 'ann' }], totalCount: 2 },
    });
    const rest = await harness.do(
      'query ($id: ID!, $after: String) { segment(id: $id) { ... on Segment { members(after: $after) { nodes { externalId deviceId alias { name } } pageInfo { hasNextPage } } } } }',
      { id, after: view.members.pageInfo.endCursor },
    );
    expect(rest.members).toEqual({
      nodes: [{ externalId: 'cy', deviceId: null, alias: null }],
      pageInfo: { hasNextPage: false },
    });

    await sendCohort(key, 'gone', ['ann']);
    const changes = await until(
      () =>
        harness.do(
          'query ($id: ID!, $after: String!) { segmentChanges(segmentId: $id, after: $after) { ... on SegmentChangeConnection { nodes { type member { externalId } } edges { cursor } pageInfo { hasNextPage } resumeCursor } } }',
          { id, after: view.changesCursor },
        ),
      ({ nodes }) => nodes.length > 0,
    );
    expect(changes).toEqual({
      nodes: [{ type: 'LEFT', member: { externalId: 'ann' } }],
      edges: [{ cursor: changes.resumeCursor }],
      pageInfo: { hasNextPage: false },
      resumeCursor: expect.stringMatching(/^\d+$/),
    });
    const belongs = (member: object) =>
      harness.do(
        `query ($id: ID!, $member: MemberInput!) { segmentMembership(segmentId: $id, member: $member) { ... on Membership { isMember cohorts { id } } ${problem} } }`,
        { id, member },
      );
    expect(await belongs({ externalId: 'ann' })).toEqual({
      isMember: false,
      cohorts: [{ id: buyers.id }, { id: gone.id }],
    });
    expect(await belongs({ externalId: 'cy' })).toEqual({ isMember: true, cohorts: [{ id: buyers.id }] });
    // As it was before its first evaluation.
    await harness.sql`update segment set evaluated_at = null where id = ${Number(id.slice('seg_'.length))}`;
    expect(await belongs({ externalId: 'cy' })).toMatchObject({ __typename: 'SegmentNotEvaluated' });
    const unknown =
      'query ($id: ID!) { segment(id: $id) { ... on Segment { memberCount memberCounts { aliasCount } members { totalCount } } } }';
    expect(await harness.do(unknown, { id })).toEqual({ memberCount: null, memberCounts: null, members: null });
    await harness.sql`update segment set evaluated_at = now() where id = ${Number(id.slice('seg_'.length))}`;
    await expect(belongs({ externalId: 'cy', deviceId: 'd' })).rejects.toThrow('MemberInput');
    expect(await belongs({ externalId: '' })).toMatchObject({ __typename: 'InputInvalid' });
  });

  it('refuse a revoked key as the partner documents it, and accept its successor', async () => {
    const [old, next] = [await makeKey('amplitude'), await makeKey('amplitude')];
    const { nodes } = await harness.do(
      '{ importKeys(filter: { partner: "amplitude" }) { nodes { id name hint isValid } } }',
    );
    const shown = nodes.find((node: { hint: string }) => old.endsWith(node.hint.slice(1)));
    const invalidated = await harness.do(
      `mutation ($id: ID!, $confirmName: String!) { revokeImportKey(input: { id: $id, confirmName: $confirmName }) { ... on RevokeImportKeyPayload { importKey { isValid } } ${problem} } }`,
      { id: shown.id, confirmName: shown.name },
    );
    expect(invalidated).toEqual({ importKey: { isValid: false } });
    const push = (secret: string) =>
      harness.push('amplitude/cohorts/users', {
        partner_api_key: 'p',
        client_secret: secret,
        cohort_id: 'any',
        cohort_changes: [],
      });
    await until(
      () => push(old),
      ({ status }) => status === 401,
    );
    expect((await push(next)).status).toBe(201);
  });
});

describe('a rotated key', () => {
  it('is valid until its revocation at the given second, together with its successor', async () => {
    const [old, next] = [await makeKey('mixpanel'), await makeKey('mixpanel')];
    const { nodes } = await harness.do('{ importKeys(filter: { partner: "mixpanel" }) { nodes { id name hint } } }');
    const shown = nodes.find((node: { hint: string }) => old.endsWith(node.hint.slice(1)));
    // A whole second, as an admin enters it.
    const endsMs = Math.ceil(Date.now() / 1000) * 1000 + 1_000;
    const at = new Date(endsMs).toISOString();
    const limited = await harness.do(
      `mutation ($id: ID!, $confirmName: String!, $at: DateTime) { revokeImportKey(input: { id: $id, confirmName: $confirmName, at: $at }) { ... on RevokeImportKeyPayload { importKey { isValid revokedAt } } ${problem} } }`,
      { id: shown.id, confirmName: shown.name, at },
    );
    expect(limited).toEqual({ importKey: { isValid: true, revokedAt: at } });
    const members = (key: string) =>
      harness.push(
        'mixpanel/webhook',
        {
          action: 'add_members',
          parameters: {
            mixpanel_cohort_id: 'rotated',
            mixpanel_cohort_name: 'Rotated',
            mixpanel_session_id: `${++made}`,
            page_info: { total_pages: 1, page_count: 1 },
            members: [],
          },
        },
        { authorization: `Basic ${Buffer.from(`x:${key}`).toString('base64')}` },
      );
    let taken = 0;
    for (;;) {
      // The hub has the same clock; a request that spans the second may succeed or fail.
      const askedMs = Date.now();
      const [{ status }, other] = [await members(old), await members(next)];
      expect(other.status).toBe(200);
      if (Date.now() < endsMs) expect(status).toBe(200);
      if (askedMs >= endsMs) expect(status).toBe(401);
      if (askedMs >= endsMs) break;
      taken++;
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
    expect(taken).toBeGreaterThan(0);
    const refused = await members(old);
    expect(await refused.json()).toMatchObject({
      status: 'failure',
      error: { code: 401, message: expect.any(String) },
    });
  });
});

describe('all members of a segment', () => {
  const ids = Array.from({ length: 1_000 }, (_, index) => `user "${index}", ü\\`);
  let id: string;
  beforeAll(async () => {
    const key = await makeKey('amplitude');
    await sendCohort(key, 'all', ids.slice(0, 990));
    await sendCohort(key, 'all', [], { device_ids: ['dev,1'], aliases: [{ alias_name: 'a"b', alias_label: 'l\nl' }] });
    const cohort = await cohortOf('all', 992);
    id = await makeSegment({ includes: cohort.id }, 992);
  });

  it('are exported as NDJSON, with the cursor for later changes', async () => {
    const response = await harness.get(`/v1/segments/${id}/members`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('currents-members')).toBe('992');
    expect(response.headers.get('currents-cursor')).toMatch(/^\d+$/);
    const lines = (await response.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(992);
    expect(new Set(lines.flatMap((line) => line.externalId ?? []))).toEqual(new Set(ids.slice(0, 990)));
    expect(lines.filter((line) => !line.externalId)).toEqual([
      { alias: { name: 'a"b', label: 'l\nl' } },
      { deviceId: 'dev,1' },
    ]);
  });

  it('are exported as CSV', async () => {
    const response = await harness.get(`/v1/segments/${id}/members?format=csv`);
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="${id}.csv"`);
    const text = await response.text();
    expect(
      text.startsWith('kind,id,label\nalias,"a""b","l\nl"\ndevice_id,"dev,1",\nexternal_id,"user ""0"", ü\\",\n'),
    ).toBe(true);
    expect(text.split('\nexternal_id,')).toHaveLength(991);
  });

  it('needs a token with the role operator', async () => {
    const statuses: number[] = [];
    for (const role of ['VIEWER', 'OPERATOR']) {
      const { token } = await harness.do(
        'mutation ($role: AdminRole!) { createAdminToken(input: { name: "reader", role: $role }) { ... on CreateAdminTokenPayload { token } } }',
        { role },
      );
      const answer = await harness.get('/v1/segments/seg_4711/members', { authorization: `Bearer ${token}` });
      statuses.push(answer.status);
      const { code } = (await answer.json()) as { readonly code: string };
      expect(code).toBe(role === 'VIEWER' ? 'FORBIDDEN' : 'SEGMENT_NOT_FOUND');
    }
    expect(statuses).toEqual([403, 404]);
  });

  it.each([
    ['no token', {}, undefined, 401, 'TOKEN_MISSING'],
    ['an unknown token', { authorization: 'Bearer nobody' }, undefined, 401, 'TOKEN_UNKNOWN'],
    ['another format', undefined, '/members?format=xml', 400, 'UNKNOWN_FORMAT'],
    ['two formats', undefined, '/members?format=csv&format=ndjson', 400, 'UNKNOWN_FORMAT'],
  ] as const)('are refused for %s', async (_what, headers, rest, status, code) => {
    const response = await harness.get(`/v1/segments/${id}${rest ?? '/members'}`, headers);
    expect([response.status, ((await response.json()) as any).code]).toEqual([status, code]);
  });

  it.each(['seg_999999', 'seg_0', 'coh_1', '1', 'abc', 'seg_99999999999999999999'])(
    'are not found for the unknown segment %s',
    async (other) => {
      const response = await harness.get(`/v1/segments/${other}/members`);
      expect([response.status, ((await response.json()) as any).code]).toEqual([404, 'SEGMENT_NOT_FOUND']);
    },
  );

  it('are read with backpressure, and no longer once the reader has disconnected', async () => {
    // Far more than the buffers on the way hold.
    const [row] = await harness.sql<{ set_id: string }[]>`select set_id from segment where id = ${Number(id.slice(4))}`;
    const table = harness.sql(`member_set_${row?.set_id}`);
    await harness.sql`insert into ${table} (member) select 'e' || repeat('x', 500) || n from generate_series(1, 200000) n`;
    const pending = async () =>
      (
        await harness.sql<
          { query_start: Date }[]
        >`select query_start from pg_stat_activity where application_name = 'currents-export' and datname = current_database()`
      )[0];
    const request = getSlowly(
      `${harness.url}/v1/segments/${id}/members`,
      { headers: { authorization: `Bearer ${harness.token}` } },
      (response) => response.pause(),
    );
    request.on('error', () => undefined);
    await until(pending, (found) => found !== undefined);
    // While the reader is paused, no further query runs.
    let last: number | undefined;
    await until(
      async () => {
        const before = last;
        await new Promise((resolve) => setTimeout(resolve, 400));
        last = (await pending())?.query_start.getTime();
        return before !== undefined && before === last;
      },
      (still) => still,
    );
    request.destroy();
    await until(pending, (found) => found === undefined);
  });

  it('are no longer sent once the token is revoked', async () => {
    const { token, adminToken } = await harness.do(
      'mutation { createAdminToken(input: { name: "leaver", role: OPERATOR }) { ... on CreateAdminTokenPayload { token adminToken { id } } } }',
    );
    const response = await harness.get(`/v1/segments/${id}/members`, { authorization: `Bearer ${token}` });
    expect(response.status).toBe(200);
    await harness.do(
      'mutation ($id: ID!) { revokeAdminToken(input: { id: $id, confirmId: $id }) { ... on RevokeAdminTokenPayload { adminToken { isValid } } } }',
      { id: adminToken.id },
    );
    // The export waits for its reader meanwhile.
    await until(
      () =>
        harness.sql`select from pg_stat_activity where application_name = 'currents-export' and datname = current_database()`,
      ({ length }) => length === 0,
    );
    await expect(response.text()).rejects.toThrow();
  });

  it('are exported four at a time', async () => {
    const open = Array.from({ length: 4 }, () => {
      const request = getSlowly(
        `${harness.url}/v1/segments/${id}/members`,
        { headers: { authorization: `Bearer ${harness.token}` } },
        (response) => response.pause(),
      );
      request.on('error', () => undefined);
      return request;
    });
    const refused = await until(
      () => harness.get(`/v1/segments/${id}/members`),
      ({ status }) => status === 429,
    );
    expect(((await refused.json()) as any).code).toBe('TOO_MANY_EXPORTS');
    expect(refused.headers.get('retry-after')).toBe('1');
    open.forEach((request) => request.destroy());
    const again = await until(
      () => harness.get(`/v1/segments/${id}/members`),
      ({ status }) => status === 200,
    );
    await again.body?.cancel();
  });
});

describe('a webhook', () => {
  it('is created, paused, resumed and deleted by GraphQL, and shows its secret once', async () => {
    const key = await makeKey('amplitude');
    await sendCohort(key, 'hooked', ['ann']);
    const id = await makeSegment({ includes: (await cohortOf('hooked', 1)).id }, 1);
    const url = 'http://127.0.0.1:1/segments';
    const created = await harness.do(
      `mutation ($id: ID!, $url: String!) { createSegmentWebhook(input: { segmentId: $id, url: $url }) { ... on CreateSegmentWebhookPayload { secret segmentWebhook { id state pendingCount deliveredCount expiredCount deferral { code } expiries { nodes { id } } } } ${problem} } }`,
      { id, url },
    );
    expect(created).toMatchObject({
      secret: expect.stringMatching(/^cur_webhook_/),
      segmentWebhook: {
        state: 'LIVE',
        pendingCount: 0,
        deliveredCount: 0,
        expiredCount: 0,
        deferral: null,
        expiries: { nodes: [] },
      },
    });
    const webhookId = created.segmentWebhook.id;
    const listed = await harness.do(
      'query ($id: ID!) { segment(id: $id) { ... on Segment { webhooks { nodes { id url } } } } }',
      { id },
    );
    expect(listed.webhooks.nodes).toEqual([{ id: webhookId, url }]);
    const move = (verb: string) =>
      harness.do(
        `mutation ($id: ID!) { ${verb}SegmentWebhook(input: { id: $id }) { ... on ${verb === 'pause' ? 'Pause' : 'Resume'}SegmentWebhookPayload { segmentWebhook { state } } ${problem} } }`,
        { id: webhookId },
      );
    for (const _ of [1, 2]) expect(await move('pause')).toEqual({ segmentWebhook: { state: 'PAUSED' } });
    for (const _ of [1, 2]) expect(await move('resume')).toEqual({ segmentWebhook: { state: 'LIVE' } });
    const remove = (confirmUrl: string, dryRun = false) =>
      harness.do(
        `mutation ($input: DeleteSegmentWebhookInput!) { deleteSegmentWebhook(input: $input) { ... on DeleteSegmentWebhookPayload { isDryRun segmentWebhook { id } } ${problem} } }`,
        { input: { id: webhookId, confirmUrl, dryRun } },
      );
    expect(await remove('elsewhere')).toMatchObject({ __typename: 'NotConfirmed' });
    expect(await remove('', true)).toEqual({ isDryRun: true, segmentWebhook: { id: webhookId } });
    expect(await remove(url)).toEqual({ isDryRun: false, segmentWebhook: { id: webhookId } });
    expect(await remove(url)).toMatchObject({ __typename: 'SegmentWebhookNotFound' });
  });
});
