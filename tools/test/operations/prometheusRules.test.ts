import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createMetrics, registerHubGauges } from '@currents/core';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const rules = 'docs/prometheus-rules.yml';
const program = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'promtool'))
  .find(existsSync);
if (program === undefined) console.warn('not run (promtool is not installed): alert rules and metric names');

/** Runs promtool in the project, and returns its exit code with what it printed. */
function promtool(args: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync(program ?? '', args, { cwd: root, input, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

it('the alerts ask only for metrics that exist', () => {
  const { registry } = createMetrics();
  registerHubGauges(registry, { read: () => Promise.reject(new Error('nothing is scraped')) });
  const names = new Set(registry.getMetricsAsArray().map(({ name }) => name));
  const asked = [...readFileSync(join(root, rules), 'utf8').matchAll(/expr: .*/g)].flatMap(([expression]) =>
    [...expression.matchAll(/currents_\w+/g)].map(([name]) => name),
  );
  expect(asked.length).toBeGreaterThan(12);
  expect(asked.filter((name) => !names.has(name))).toEqual([]);
});

describe.runIf(program !== undefined)('promtool', () => {
  it('finds the alert rules valid', () => {
    expect(promtool(['check', 'rules', rules])).toMatchObject({
      status: 0,
      output: expect.stringMatching(/SUCCESS: \d+ rules found/),
    });
  });

  it.each(['prometheusRules.tests.yml', 'prometheusRules.days.tests.yml'])(
    'fires the alerts of %s when it should, and not before',
    (file) => {
      const cases = readFileSync(join(import.meta.dirname, file), 'utf8');
      // Its paths are relative to its own place.
      expect(cases).toContain(`rule_files: [../../../${rules}]`);
      const result = promtool(['test', 'rules', `tools/test/operations/${file}`]);
      expect(result).toMatchObject({ status: 0, output: expect.stringContaining('SUCCESS') });
    },
  );
});
