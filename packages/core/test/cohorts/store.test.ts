import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { add, buyers, keys, openInbox, page, remove, users, type Inbox } from './cohortHarness.js';

let inbox: Inbox;
beforeEach(async () => {
  inbox = await openInbox();
});
afterEach(() => inbox.close());

const count = async (table: string) =>
  Number((await inbox.sql<{ n: string }[]>`select count(*) as n from ${inbox.sql(table)}`)[0]?.n);

describe('a push', () => {
  it('is stored before the response, and applied later', async () => {
    expect(await inbox.push([add(users(1, 2))])).toMatchObject({ outcome: 'stored', cohorts: [{ id: '77' }] });
    expect(await count('cohort_change')).toBe(1);
    expect(await inbox.members('77')).toEqual([]);
    await inbox.apply();
    expect(await inbox.members('77')).toEqual(keys(1, 2));
  });

  it('that is repeated with its idempotency key is stored once, even concurrently', async () => {
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => inbox.push([add(users(1))], { dedupeKey: 'm::0' })),
    );
    expect(answers.map(({ outcome }) => outcome).sort()).toEqual([
      'repeated',
      'repeated',
      'repeated',
      'repeated',
      'repeated',
      'stored',
    ]);
    expect(new Set(answers.map((answer) => JSON.stringify('cohorts' in answer && answer.cohorts))).size).toBe(1);
    expect(await count('cohort_change')).toBe(1);
    expect(await inbox.push([add(users(1))], { dedupeKey: 'm::1' })).toMatchObject({ outcome: 'stored' });
  });

  it('of a page is deduplicated by its body; a push of single changes is not', async () => {
    await inbox.push([page('s', 1, 2, users(1))]);
    expect(await inbox.push([page('s', 1, 2, users(1))])).toMatchObject({ outcome: 'repeated' });
    for (const change of [add(users(9)), remove(users(9)), add(users(9))]) {
      expect(await inbox.push([change])).toMatchObject({ outcome: 'stored' });
    }
    await inbox.apply();
    expect(await inbox.members('77')).toEqual(keys(9));
  });

  it('without changes is accepted and stores nothing', async () => {
    expect(await inbox.push([])).toEqual({ outcome: 'stored', cohorts: [] });
    expect(await count('cohort_change')).toBe(0);
  });

  it('of a thousand single changes is merged into two rows', async () => {
    const changes = Array.from({ length: 1_000 }, (_, index) =>
      index < 600 ? add(users(index)) : remove(users(index - 600)),
    );
    await inbox.push(changes);
    expect(await count('cohort_change')).toBe(2);
    await inbox.apply();
    expect((await inbox.members('77')).length).toBe(200);
  });

  it('for an undeclared cohort without a name is refused, and nothing is stored', async () => {
    const nameless = { id: 'lost' };
    const answer = await inbox.push([add(users(1)), add(users(2), { cohort: nameless })]);
    expect(answer).toEqual({ outcome: 'unknown_cohort', detail: 'there is no cohort "lost"; create it first' });
    expect(await count('cohort_change')).toBe(0);
    await inbox.push([{ kind: 'declare', cohort: { id: 'lost', name: 'Lost' } }]);
    expect(await inbox.push([add(users(2), { cohort: nameless })])).toMatchObject({ outcome: 'stored' });
  });

  it('whose key was revoked after the check is refused', async () => {
    await inbox.sql`update import_key set revoked_at = clock_timestamp()`;
    expect(await inbox.push([add(users(1))])).toMatchObject({ outcome: 'unauthorised' });
    expect(await inbox.push([add(users(1))], { partner: 'other' })).toMatchObject({ outcome: 'unauthorised' });
    expect(await count('cohort')).toBe(0);
  });

  it('from a pull of the hub needs no key', async () => {
    expect(await inbox.push([page('fetched', 1, 1, users(1))], { keyId: null })).toMatchObject({ outcome: 'stored' });
    await inbox.apply();
    expect(await inbox.members('77')).toEqual(keys(1));
  });

  it('does not wait for a worker that applies changes of the cohort', async () => {
    await inbox.push([add(users(1))]);
    await inbox.apply();
    await inbox.sql.begin(async (tx) => {
      await tx`update cohort set last_sync_at = now()`;
      expect(await inbox.push([add(users(2))])).toMatchObject({ outcome: 'stored' });
    });
  });

  it('drops members without a usable id, and counts them by reason', async () => {
    await inbox.push([
      add([
        { externalId: 'a\0b' },
        { externalId: '' },
        { externalId: '\uD800' },
        { externalId: 'x'.repeat(601) },
        { externalId: 'fine' },
      ]),
    ]);
    await inbox.apply();
    expect(await inbox.members('77')).toEqual(['efine']);
    expect(await inbox.syncs('77')).toMatchObject([
      { given: 5, added: 1, refused: { no_id: 1, id_not_text: 2, id_too_long: 1 } },
    ]);
  });
});

describe('the list id of a cohort', () => {
  it('is the same for each declaration of the cohort, with any name, even concurrently', async () => {
    const declare = (name: string) => inbox.push([{ kind: 'declare', cohort: { id: '77', name } }]);
    const answers = await Promise.all(['Buyers', 'Big buyers', 'Buyers: all'].map(declare));
    const ids = answers.flatMap((answer) =>
      'cohorts' in answer ? answer.cohorts.map(({ listId }) => listId) : ['refused'],
    );
    expect(new Set(ids).size).toBe(1);
    expect(await count('cohort')).toBe(1);
    const list = { id: ids[0] ?? '', isListId: true } as const;
    expect(await inbox.push([add(users(5), { cohort: list })])).toMatchObject({
      outcome: 'stored',
      cohorts: [{ id: '77' }],
    });
    await inbox.apply();
    expect(await inbox.members('77')).toEqual(keys(5));
  });

  it('is distinct from a cohort id with the same text', async () => {
    await inbox.push([add(users(1))]);
    const [row] = await inbox.sql<{ list_id: string }[]>`select list_id from cohort`;
    const lookalike = { id: row?.list_id ?? '', name: 'Lookalike' };
    expect(await inbox.push([add(users(2), { cohort: lookalike })])).toMatchObject({ cohorts: [{ id: lookalike.id }] });
    expect(await inbox.push([add(users(2), { cohort: { id: '77', isListId: true, name: 'Buyers' } })])).toEqual({
      outcome: 'unknown_cohort',
      detail: 'there is no list "77"; create it first',
    });
    await inbox.apply();
    expect(await inbox.members('77')).toEqual(keys(1));
  });
});

describe('a name', () => {
  it('is the one of the last push with a name', async () => {
    const nameOf = async () => (await inbox.sql<{ name: string }[]>`select name from cohort`)[0]?.name;
    await inbox.push([add(users(1))]);
    await inbox.push([{ kind: 'declare', cohort: { id: '77', name: 'Shoppers' } }]);
    await inbox.apply();
    expect(await nameOf()).toBe('Shoppers');
    await inbox.push([add(users(1), { cohort: { ...buyers, name: 'Spenders' } })]);
    await inbox.push([add(users(2), { cohort: { id: '77' } })]);
    await inbox.apply();
    expect(await nameOf()).toBe('Spenders');
  });

  it('does not change by a push that the partner computed before an applied one', async () => {
    const named = (name: string, computedAtMs: number) => add(users(1), { cohort: { ...buyers, name }, computedAtMs });
    const nameOf = async () => (await inbox.sql<{ name: string }[]>`select name from cohort`)[0]?.name;
    await inbox.push([named('New', 2_000)]);
    await inbox.apply();
    await inbox.push([named('Old', 1_000)]);
    await inbox.apply();
    expect(await nameOf()).toBe('New');
    await inbox.push([named('Newest', 3_000), named('Ancient', 500)]);
    await inbox.apply();
    expect(await nameOf()).toBe('Newest');
    await inbox.push([named('Again', 3_000)]);
    await inbox.apply();
    expect(await nameOf()).toBe('Again');
  });
});
