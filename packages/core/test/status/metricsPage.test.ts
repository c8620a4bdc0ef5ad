import { readFileSync } from 'node:fs';
import { createMetrics } from '@currents/core';
import { describe, expect, it } from 'vitest';
import { metricsPage } from '../../src/metricsPage.js';
import { hubGauges } from '../../src/status/hubGauges.js';

const counted = createMetrics()
  .registry.getMetricsAsArray()
  .map((metric) => metric as unknown as { name: string; help: string; type: string; labelNames: readonly string[] })
  .filter(({ name }) => name.startsWith('currents_'));
const read = hubGauges.map(({ labels, type = 'gauge', ...metric }) => ({ ...metric, type, labelNames: labels }));
const all = [...counted, ...read];

describe('the page of metrics', () => {
  it('is docs/metrics.md', () => {
    expect(readFileSync(new URL('../../../../docs/metrics.md', import.meta.url), 'utf8')).toBe(metricsPage());
  });

  it('has every metric once', () => {
    const names = [...metricsPage().matchAll(/^\| `(currents_\w+)` /gm)].map(([, name]) => name);
    expect(names).toEqual(all.map(({ name }) => name));
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(40);
  });
});

describe.each(all)('$name', ({ name, help, type, labelNames }) => {
  it('has a name as Prometheus has them: a unit at its end, and _total for counters only', () => {
    expect(name).toMatch(/^currents(_[a-z]+)+$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
    expect(name).not.toMatch(/_(ms|milliseconds|minutes|hours|kilobytes|megabytes|percent|count)(_|$)/);
    if (type === 'histogram') expect(name).toMatch(/_seconds$/);
  });

  it('has a help without a full stop, and labels of one word', () => {
    expect(help).toMatch(/^[A-Z].{10,}[^.]$/);
    expect(new Set(labelNames).size).toBe(labelNames.length);
    for (const label of labelNames) expect(label).toMatch(/^[a-z]+$/);
  });
});
