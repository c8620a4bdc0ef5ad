import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createMetrics, registerHubGauges } from '@currents/core';
import { describe, expect, it } from 'vitest';
import { dashboardText } from '../../src/dashboard/dashboard.js';
import { rows } from '../../src/dashboard/panels.js';

interface Described {
  readonly name: string;
  readonly type: string;
  readonly labelNames: readonly string[];
}

const { registry } = createMetrics();
registerHubGauges(registry, { read: () => Promise.reject(new Error('nothing is scraped')) });

/** Series that Prometheus stores, with their labels; those of the scrape itself come on top. */
const series = new Map<string, ReadonlySet<string>>(
  registry
    .getMetricsAsArray()
    .map((metric) => metric as unknown as Described)
    .flatMap(({ name, type, labelNames }) => {
      const labels = [...labelNames, 'job', 'instance'];
      if (type !== 'histogram') return [[name, new Set(labels)] as const];
      return [
        [`${name}_bucket`, new Set([...labels, 'le'])] as const,
        [`${name}_sum`, new Set(labels)] as const,
        [`${name}_count`, new Set(labels)] as const,
      ];
    }),
);

const wordsOf = (list: string): string[] => list.split(',').map((word) => word.trim());
const metricsIn = (expr: string): string[] => expr.match(/\b(currents|process|nodejs)_\w+/g) ?? [];

/** What is wrong with the names in an expression and its legend. */
function faultsOf({ expr, legend }: { readonly expr: string; readonly legend: string }): string[] {
  const metrics = metricsIn(expr);
  const known = new Set(metrics.flatMap((name) => [...(series.get(name) ?? [])]));
  const matched = [...expr.matchAll(/(\w+)\{([^}]*)\}/g)].flatMap(([, name = '', matchers = '']) =>
    [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)]
      .map(([, label = '']) => label)
      .filter((label) => series.get(name)?.has(label) !== true)
      .map((label) => `${name} has no label ${label}`),
  );
  const grouped = [...expr.matchAll(/\b(?:by|on|group_left) \(([^)]*)\)/g)].flatMap(([, list = '']) => wordsOf(list));
  const shown = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
  return [
    ...metrics.filter((name) => !series.has(name)).map((name) => `no metric ${name}`),
    ...matched,
    ...grouped.filter((label) => !known.has(label)).map((label) => `no metric here has the label ${label}`),
    ...shown.filter((label) => !grouped.includes(label)).map((label) => `the result has no label ${label}`),
  ];
}

const panels = rows.flatMap((row) => row.panels);
const queries = panels.flatMap(({ title, queries: all }) => all.map((query) => ({ title, ...query })));

it.each([
  ['sum(currents_nothing)', '', 'no metric currents_nothing'],
  ['max(currents_pending_events{webhook="1"})', '', 'currents_pending_events has no label webhook'],
  ['max by (webhook) (currents_pending_events)', '', 'no metric here has the label webhook'],
  ['max by (current) (currents_pending_events)', '{{name}}', 'the result has no label name'],
])('a query such as %s is found wrong', (expr, legend, fault) => {
  expect(faultsOf({ expr, legend })).toEqual([fault]);
});

it.each(queries)('the panel "$title" asks for what exists: $expr', (query) => {
  expect(metricsIn(query.expr).length).toBeGreaterThan(0);
  expect(faultsOf(query)).toEqual([]);
});

it('the dashboard has each panel once, and none covers another', () => {
  const dashboard = JSON.parse(dashboardText()) as {
    readonly panels: readonly {
      readonly id: number;
      readonly title: string;
      readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
    }[];
  };
  expect(dashboard.panels).toHaveLength(panels.length + rows.length);
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
});

const program = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'promtool'))
  .find(existsSync);
if (program === undefined) console.warn('not run (promtool is not installed): the queries of the dashboard');

describe.runIf(program !== undefined)('promtool', () => {
  it('can read every query of the dashboard', () => {
    const rules = queries.map(({ expr }, index) => ({
      record: `dashboard:query_${index}`,
      expr: expr.replaceAll('$__rate_interval', '5m').replaceAll('$current', '.*'),
    }));
    const folder = mkdtempSync(join(tmpdir(), 'currents-dashboard-'));
    const file = join(folder, 'rules.yml');
    // JSON is YAML.
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
    const { status, stdout, stderr } = spawnSync(program ?? '', ['check', 'rules', file], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    expect({ status, output: stdout + stderr }).toMatchObject({
      status: 0,
      output: expect.stringContaining(`SUCCESS: ${rules.length} rules found`),
    });
  });
});
