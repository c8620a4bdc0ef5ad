import {
  getIntrospectionQuery,
  getNamedType,
  isCompositeType,
  isRequiredArgument,
  isUnionType,
  type GraphQLNamedType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAdmission } from '../../src/admin/execution/admission.js';
import { createPacer, QueryStopped } from '../../src/admin/execution/pacer.js';
import { writeAnswer } from '../../src/admin/execution/writeAnswer.js';
import { buildAdminSchema } from '../../src/admin/schema.js';
import type { AdminDeps } from '../../src/admin/register.js';
import { accepting, good, openAdminHarness, type AdminHarness, type Answer } from './adminHarness.js';

const catalogue =
  '{ catalogue { name channels { label eventTypes { name description properties { name description type } } } } }';
const nodes = 40;

/** All fields without required arguments, to some levels below a field; of lists with pages, as many items as there are. */
function selection(type: GraphQLNamedType, levels: number): string {
  if (!isCompositeType(type)) return '';
  if (isUnionType(type)) {
    return `{ __typename ${type
      .getTypes()
      .map((member) => `... on ${member.name} ${selection(member, levels)}`)
      .join(' ')} }`;
  }
  const fields = Object.values(type.getFields()).flatMap((field) => {
    const inner = getNamedType(field.type);
    if (field.args.some(isRequiredArgument) || (isCompositeType(inner) && levels === 0)) return [];
    const page = field.args.some(({ name }) => name === 'first') ? `(first: 2)` : '';
    return [`${type.name}_${field.name}: ${field.name}${page} ${selection(inner, levels - 1)}`];
  });
  return `{ __typename ${fields.join(' ')} }`;
}

const schema = buildAdminSchema();
const queries = Object.values(schema.getQueryType()?.getFields() ?? {})
  .filter(({ args }) => !args.some(isRequiredArgument))
  .map(({ name, type, args }) => {
    const page = args.some((arg) => arg.name === 'first') ? `(first: ${nodes})` : '';
    return { name, ask: (levels: number) => `{ ${name}${page} ${selection(getNamedType(type), levels)} }` };
  });

describe('the price of a query', () => {
  let harness: AdminHarness;
  beforeAll(async () => {
    harness = await openAdminHarness();
    const { sql } = harness;
    const id = await harness.createCurrent(good);
    await sql`
      insert into current (name, contact_email, destination, settings, credentials, selection)
      select name || n, contact_email, destination, settings, credentials, selection
      from current, generate_series(1, ${nodes}) n where id = ${Number(id.slice(4))}`;
    await sql`insert into ingest_token (name, hash, hint) select 'n' || n, sha256(n::text::bytea), 'x' from generate_series(1, ${nodes}) n`;
    await sql`insert into admin_token (name, hash) select 'n' || n, sha256(n::text::bytea) from generate_series(1, ${nodes}) n`;
    await sql`
      insert into cohort (partner, partner_id, list_id, name)
      select 'mixpanel', 'c' || n, 'l' || n, 'cohort ' || n from generate_series(1, ${nodes}) n`;
  });
  afterAll(() => harness.close());

  /** What the hub says it cost, and how many fields it resolved. */
  async function executed(query: string): Promise<Answer & { readonly cost: number; readonly fieldCount: number }> {
    harness.log.length = 0;
    const answer = await harness.ask(query, {}, {});
    const line = harness.log.find((each) => each.includes('"query.executed"')) ?? '{}';
    return { ...answer, ...(JSON.parse(line) as { cost: number; fieldCount: number }) };
  }

  /** The deepest selection that is allowed. */
  async function costliest(ask: (levels: number) => string) {
    for (let levels = 5; levels >= 0; levels--) {
      const result = await executed(ask(levels));
      if (result.status === 200) return result;
    }
    throw new Error('expected a query that is allowed');
  }

  it.each(queries)('is at least the number of fields that $name resolves', async ({ ask }) => {
    const { cost, fieldCount, body } = await costliest(ask);
    expect(body.errors).toBeUndefined();
    expect(fieldCount).toBeGreaterThan(0);
    expect(fieldCount / cost).toBeLessThan(1.25);
  });

  it.each([
    ['the catalogue', catalogue],
    ['two catalogues', `{ a: ${catalogue.slice(1, -1)} b: ${catalogue.slice(1, -1)} }`],
    ['the introspection of a tool', getIntrospectionQuery()],
    ['introspection of other forms', '{ __schema { types { name fields { name type { name fields { name } } } } } }'],
    ['a large type', '{ __type(name: "Query") { fields { name args { name type { name } } type { name } } } }'],
    [
      'nodes',
      `{ nodes(ids: ["cur_1", "cur_2", "cur_3"]) { id ... on Current { name state destination { reasons { code } } } } }`,
    ],
  ])('is near the number of fields of %s', async (_what, query) => {
    const { cost, fieldCount, body } = await executed(query);
    expect(body.errors).toBeUndefined();
    expect(fieldCount / cost).toBeLessThan(1.25);
    expect(cost / fieldCount).toBeLessThan(4);
  });

  it('refuses introspection that multiplies', async () => {
    const deep = '{ __schema { types { fields { type { fields { type { fields { name type { name } } } } } } } } }';
    expect((await executed(deep)).body.errors[0].message).toMatch(/would cost|introspection/i);
  });
});

describe('a query that is long', () => {
  it('leaves turns of the event loop to others', async () => {
    const pace = createPacer({ maxMs: 60_000 }).open();
    let turns = 0;
    let isOver = false;
    const count = (): void => void (turns++, isOver || setImmediate(count));
    setImmediate(count);
    const work = (): unknown => {
      const turn = pace.turn();
      if (turn) return turn.then(work);
      const startedMs = performance.now();
      while (performance.now() - startedMs < 2);
      return undefined;
    };
    await Promise.all(Array.from({ length: 100 }, work));
    isOver = true;
    expect(turns).toBeGreaterThan(10);
    expect(pace.fieldCount).toBe(100);
  });

  it('is stopped once it has used its time, and answered with 503 and Retry-After', async () => {
    const harness = await openAdminHarness({ maxQueryMs: 0.001 });
    const { status, headers, body } = await harness.ask(catalogue);
    expect([status, headers['retry-after'], body.code]).toEqual([503, '7', 'UNAVAILABLE']);
    expect(body.detail).toMatch(/more than 0.001 ms/);
    expect(body.errors).toEqual([{ message: body.detail, extensions: { code: 'UNAVAILABLE' } }]);
    // What a mutation did has to be answered.
    expect(await harness.createCurrent(good)).toMatch(/^cur_/);
    await harness.close();
  });

  it('rejects what waits for it once it is stopped', async () => {
    const pace = createPacer({ maxMs: -1 }).open();
    void pace.turn();
    await expect(pace.stopped).rejects.toThrow(QueryStopped);
  });
});

describe('queries at once', () => {
  const page = '{ currents(first: 200) { nodes { name } } }';

  /** A hub on which a mutation waits for a partner, and leaves little room. */
  async function openBusyHarness(limits: AdminDeps['limits']) {
    const harness = await openAdminHarness({ maxCostAtOnce: 1_300, ...limits });
    const id = await harness.createCurrent(good);
    let release = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      // The harness awaits what the partner answers.
      harness.partner = () =>
        new Promise((answerNow) => {
          resolve();
          release = () => answerNow(accepting);
        }) as never;
    });
    const test = harness.ask(`mutation { testCredentials(input: { currentId: "${id}" }) { __typename } }`);
    await asked;
    return { harness, test, release: () => release() };
  }

  it('wait while those under way cost as much as may be', async () => {
    const { harness, test, release } = await openBusyHarness({});
    let isAnswered = false;
    const waiting = harness.ask(page).then(({ status }) => void ((isAnswered = true), status));
    // Asked after it, costs little, and waits as well.
    const small = harness.ask('{ __typename }').then(({ status }) => ({ status, isAnswered }));
    expect((await harness.app.inject('/graphql')).statusCode).toBe(405);
    expect(isAnswered).toBe(false);
    release();
    expect([(await test).status, await waiting, (await small).status]).toEqual([200, undefined, 200]);
    await harness.close();
  });

  it('are refused with 429 and Retry-After when too many wait', async () => {
    const { harness, test, release } = await openBusyHarness({ maxWaiting: 0 });
    const { status, headers, body } = await harness.ask(page);
    expect([status, headers['retry-after']]).toEqual([429, '5']);
    expect(body.errors[0].extensions).toEqual({ code: 'TOO_MANY_REQUESTS' });
    release();
    expect((await test).body.data).toBeDefined();
    expect((await harness.ask(page)).status).toBe(200);
    await harness.close();
  });

  it('are admitted in order, and what they held is given back when they end', async () => {
    const admission = createAdmission({ maxCostAtOnce: 10, maxWaiting: 2, maxWaitMs: 60_000 });
    const [first, second, third, fourth] = [admission.open(), admission.open(), admission.open(), admission.open()];
    expect(await first.enter(8)).toBe(true);
    const waiting = [second.enter(8), third.enter(1)];
    expect(await fourth.enter(1)).toBe(false);
    second.leave();
    first.leave();
    expect(await Promise.all(waiting)).toEqual([true, true]);
    expect(admission.usedCost).toBe(1);
    third.leave();
    third.leave();
    expect(admission.usedCost).toBe(0);
  });

  it('are given up after a while', async () => {
    const admission = createAdmission({ maxCostAtOnce: 1, maxWaiting: 2, maxWaitMs: 1 });
    expect(await admission.open().enter(1)).toBe(true);
    expect(await admission.open().enter(1)).toBe(false);
  });
});

describe('the JSON of an answer', () => {
  it.each([
    { data: { a: [1, null, 'x', { b: undefined, c: [] }, {}, [[]]], d: { e: true, f: { g: -0.5, 'h"': '\ud800' } } } },
    { errors: [{ message: 'no', path: ['a', 0] }], data: null },
    { data: { list: Array.from({ length: 5_000 }, (_, n) => ({ n, text: 'ü' })) } },
  ])('is what JSON.stringify writes', async (answer) => {
    expect(await writeAnswer(answer as object)).toBe(`${JSON.stringify(answer)}\n`);
  });

  it('is an error when it would be too long', async () => {
    const answer = await writeAnswer({ data: { texts: Array.from({ length: 17 }, () => 'x'.repeat(1024 * 1024)) } });
    expect(JSON.parse(answer)).toMatchObject({ errors: [{ extensions: { code: 'ANSWER_TOO_LARGE' } }] });
  });
});
