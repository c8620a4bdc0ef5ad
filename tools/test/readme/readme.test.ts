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

  it.each(steps)('works as it stands: $language in line $line', async ({ language, text, answer }) => {
    const reading = language === 'graphql' && !text.startsWith('mutation');
    const first = language === 'graphql' ? await newcomer.ask(text) : await newcomer.request(text);
    if (!answer) return;
    const wanted = parse(answer);
    const cameOf = (came: unknown): unknown =>
      answer.language === 'json' && typeof came === 'string' ? JSON.parse(came) : came;
    // What was stored a moment ago may not be applied yet; whatever changes something is answered at once.
    const fits = (came: unknown): boolean => JSON.stringify(came) === JSON.stringify(wanted);
    const came = reading ? await until(() => newcomer.ask(text), fits).catch(() => newcomer.ask(text)) : first;
    expect(cameOf(came)).toEqual(wanted);
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

  it('tells the webhook, signed as it says', async () => {
    const [told] = await until(
      () => newcomer.told,
      ({ length }) => length > 0,
    );
    const { headers = {}, body = '' } = told ?? {};
    const [timestamp = '', signature = ''] = [headers['currents-timestamp'], headers['currents-signature']];
    expect(isSignedBy(newcomer.shown.get('<webhook secret>') ?? '', { timestamp, signature, body })).toBe(true);
    expect(JSON.parse(body)).toMatchObject({
      type: 'segment.changes',
      segment: { id: '1', name: 'Spenders' },
      changes: [{ change: 'left', member: { externalId: 'customer-42' } }],
    });
  });

  it('counts it all in /metrics', async () => {
    const { api, workers } = newcomer.hub;
    const scrape = async (url = '') => (await fetch(`${url}/metrics`)).text();
    expect(await scrape(api.url)).toMatch(/^currents_pushes_total\{partner="mixpanel",result="stored"\} 2$/m);
    const worker = await scrape(workers[0]?.url);
    for (const line of [
      'currents_members_moved_total{partner="mixpanel",move="added"} 2',
      'currents_change_wait_seconds_count 2',
      'currents_webhook_changes_total 1',
    ]) {
      expect(worker.split('\n')).toContain(line);
    }
  });

  it('leaves neither a secret nor a member in what api and worker say, at the lowest level of logging', () => {
    expect(newcomer.said.length).toBeGreaterThan(10);
    const shownOnce = newcomer.said.filter((line) => line.startsWith('admin token, shown only this once'));
    expect(shownOnce).toHaveLength(1);
    const words = ['customer-4', ...[...newcomer.shown.values()].filter((secret) => secret !== '')];
    expect(words).toHaveLength(5);
    for (const line of newcomer.said) {
      if (shownOnce.includes(line)) continue;
      for (const word of words) expect(line).not.toContain(word);
    }
  });
});

it('the README shows whatever can be typed as a step or as a command', () => {
  expect(steps.length).toBeGreaterThan(15);
  const commands = blocks.filter(({ language, text }) => language === 'sh' && text.startsWith('npm ')).length;
  const answers = steps.filter(({ answer }) => answer).length;
  expect(blocks).toHaveLength(steps.length + commands + answers);
});
