import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isSignedBy } from '@currents/core';
import { until } from '../endToEnd/until.js';
import { blocksOf, stepsOf, type Block } from './blocks.js';
import { startNewcomer, type Newcomer } from './newcomer.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string) => readFileSync(`${root}${path}`, 'utf8');
const readme = read('README.md');
const blocks = blocksOf(readme);
const steps = stepsOf(blocks);

const parse = ({ language, text }: Block): unknown => (language === 'json' ? JSON.parse(text) : text);

describe('the README, followed from top to bottom on an empty database', () => {
  let newcomer: Newcomer;
  beforeAll(async () => void (newcomer = await startNewcomer()), 120_000);
  afterAll(() => newcomer?.stop());

  it.each(steps)('runs as written: $language in line $line', async ({ language, text, answer }) => {
    const reading = language === 'graphql' && !text.startsWith('mutation');
    const first = language === 'graphql' ? await newcomer.ask(text) : await newcomer.request(text);
    if (!answer) return;
    const expected = parse(answer);
    const parsed = (body: unknown): unknown =>
      answer.language === 'json' && typeof body === 'string' ? JSON.parse(body) : body;
    // A query may have to wait until a push is applied; a mutation and an HTTP request are answered at once.
    const fits = (data: unknown): boolean => JSON.stringify(data) === JSON.stringify(expected);
    const got = reading ? await until(() => newcomer.ask(text), fits).catch(() => newcomer.ask(text)) : first;
    expect(parsed(got)).toEqual(expected);
  });

  it('delivers the event', async () => {
    await until(
      () => newcomer.ask('{ currents { nodes { name counts { selected delivered } } } }'),
      (data) => JSON.stringify(data).includes('"delivered":1'),
    );
    expect(await newcomer.ask('{ currents { nodes { name counts { selected delivered } } } }')).toEqual({
      currents: { nodes: [{ name: 'Engagement to Mixpanel', counts: { selected: 1, delivered: 1 } }] },
    });
  });

  it('sends signed changes to the webhook', async () => {
    const [request] = await until(
      () => newcomer.webhookRequests,
      ({ length }) => length > 0,
    );
    const { headers = {}, body = '' } = request ?? {};
    const [timestamp = '', signature = ''] = [headers['currents-timestamp'], headers['currents-signature']];
    expect(isSignedBy(newcomer.shown.get('<webhook secret>') ?? '', { timestamp, signature, body })).toBe(true);
    expect(JSON.parse(body)).toMatchObject({
      type: 'segment.changes',
      segment: { id: 'seg_1', name: 'Spenders' },
      changes: [{ change: 'left', member: { externalId: 'customer-42' } }],
    });
  });

  it('counts all of it in /metrics', async () => {
    const { api, workers } = newcomer.hub;
    const scrape = async (url = '') => (await fetch(`${url}/metrics`)).text();
    expect(await scrape(api.url)).toMatch(/^currents_cohort_pushes_total\{partner="mixpanel",result="stored"\} 2$/m);
    // The receiver has the changes a moment before the worker counts them.
    await expect
      .poll(async () => (await scrape(workers[0]?.url)).split('\n'))
      .toEqual(
        expect.arrayContaining([
          'currents_cohort_member_changes_total{partner="mixpanel",change="added"} 2',
          'currents_cohort_change_wait_seconds_count 2',
          'currents_webhook_delivered_changes_total 1',
        ]),
      );
  });

  it('prints no secret and no member, at the most detailed log level', () => {
    expect(newcomer.output.length).toBeGreaterThan(10);
    const words = ['customer-4', ...[...newcomer.shown.values()].filter((secret) => secret !== '')];
    expect(words).toHaveLength(5);
    for (const line of newcomer.output) {
      for (const word of words) expect(line).not.toContain(word);
    }
  });
});

it('the README has no other code blocks', () => {
  expect(steps.length).toBeGreaterThan(15);
  const commands = blocks.filter(({ language, text }) => language === 'sh' && text.startsWith('npm ')).length;
  const answers = steps.filter(({ answer }) => answer).length;
  expect(blocks).toHaveLength(steps.length + commands + answers);
});
