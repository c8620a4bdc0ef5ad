import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { good, openAdminHarness, until, type AdminHarness } from './adminHarness.js';

let harness: AdminHarness;
beforeAll(async () => {
  harness = await openAdminHarness();
  const id = await harness.createCurrent(good);
  await harness.do('mutation ($id: ID!) { launchCurrent(input: { id: $id }) { __typename } }', { id });
});
afterAll(() => harness.close());

const remove =
  'mutation ($input: DeleteUserDataInput!) { deleteUserData(input: $input) { __typename ... on DeleteUserDataPayload { job { id } } ... on InputInvalid { problems { path code } } ... on Problem { message } } }';
const repeat =
  'mutation ($input: RepeatUserDeletionsInput!) { repeatUserDeletions(input: $input) { __typename ... on RepeatUserDeletionsPayload { job { id } } ... on Problem { message } } }';
const ended = (id: string) =>
  until(
    () =>
      harness.do(
        'query ($id: ID!) { job(id: $id) { state operation isDryRun result { ... on UserDeletionResult { idCount eventCount skippedCount quarantinedCount membershipCount unreadableCount } } } }',
        { id },
      ),
    ({ state }) => state === 'DONE' || state === 'FAILED',
  );

async function take(...users: string[]): Promise<void> {
  const events = users.map((external_user_id, index) => ({
    event_type: 'users.messages.email.Open',
    id: `${external_user_id}-${index}`,
    time: 1_750_000_000,
    user: { external_user_id },
    properties: {},
  }));
  const body = { chunks: [Buffer.from(JSON.stringify({ events }))], format: 'json' as const, tokenId: harness.tokenId };
  await harness.intake.take(body);
}

describe('deleteUserData', () => {
  it('counts in a dry run, asks for all ids once more, and deletes', async () => {
    await take('someone-to-forget', 'other', 'someone-to-forget');
    const ids = { externalUserIds: ['someone-to-forget'], deviceIds: ['their-phone'] };
    const dry = await harness.do(remove, { input: ids });
    expect(await ended(dry.job.id)).toMatchObject({ isDryRun: true, result: { eventCount: 2, skippedCount: 0 } });
    expect(await harness.do(remove, { input: { ...ids, dryRun: false, confirmIds: ['their-phone'] } })).toMatchObject({
      __typename: 'NotConfirmed',
      message: expect.not.stringContaining('someone'),
    });
    const confirmIds = ['their-phone', 'someone-to-forget'];
    const { job } = await harness.do(remove, { input: { ...ids, dryRun: false, confirmIds } });
    expect(await ended(job.id)).toMatchObject({
      state: 'DONE',
      operation: 'DELETE_USER_DATA',
      result: {
        idCount: null,
        eventCount: 2,
        skippedCount: 2,
        quarantinedCount: 0,
        membershipCount: 0,
        unreadableCount: 0,
      },
    });
  });

  it('is refused without an id, with too many and with a blank one', async () => {
    for (const input of [{}, { userIds: Array.from({ length: 101 }, (_, n) => `u${n}`) }, { deviceIds: [' '] }])
      expect(await harness.do(remove, { input })).toMatchObject({ __typename: 'InputInvalid' });
  });

  it('is in the audit log and the list of deletions by keyed hashes only', async () => {
    const { body, text } = await harness.ask(
      '{ auditLog(filter: { action: DELETE_USER_DATA, succeeded: true }) { nodes { arguments } } userDeletions { nodes { id hashes requestedAt finishedAt } } }',
    );
    expect(text).not.toContain('someone-to-forget');
    const [deletion] = body.data.userDeletions.nodes;
    expect(deletion.hashes).toHaveLength(2);
    const confirmed = body.data.auditLog.nodes.find((node: any) => node.arguments.input.dryRun === false);
    expect(confirmed.arguments.input).toEqual({
      externalUserIds: [deletion.hashes[0]],
      deviceIds: [deletion.hashes[1]],
      dryRun: false,
    });
    const stored = await harness.sql`select input::text || coalesce(progress::text, '') as text from job`;
    for (const row of stored) expect(row['text']).not.toContain('someone-to-forget');
  });

  it('is repeated by its hashes in a database that does not know it', async () => {
    const [{ hashes, requestedAt }] = (await harness.ask('{ userDeletions { nodes { hashes requestedAt } } }')).body
      .data.userDeletions.nodes;
    await harness.sql`delete from user_deletion`;
    await take('someone-to-forget');
    // As it would be in a dump from before the deletion.
    await harness.sql`update batch set stored_at = ${requestedAt}::timestamptz - interval '1 minute'`;
    const deletions = [{ requestedAt, hashes }];
    const dry = await harness.do(repeat, { input: { deletions } });
    expect(await ended(dry.job.id)).toMatchObject({ isDryRun: true, result: { idCount: 1, eventCount: 1 } });
    expect(await harness.sql`select from user_deletion`).toHaveLength(0);
    const { job } = await harness.do(repeat, { input: { deletions, dryRun: false } });
    expect(await ended(job.id)).toMatchObject({ result: { idCount: 1, eventCount: 1, skippedCount: 1 } });
    expect(await harness.do(repeat, { input: { deletions: [{ requestedAt, hashes: ['x'] }] } })).toMatchObject({
      __typename: 'InputInvalid',
    });
  });
});
