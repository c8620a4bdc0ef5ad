import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { itemsOf, routesOf } from './items.js';
import { isCount, law, type Law } from './law.js';
import type { Subject } from './subject.js';

const todo = /TODO: (.*?)(?: \*\/)?$/gm;

/** A generated connector marks with TODO what its author has to write; this lists what is left. */
export function sourceLaws({ options: { sources } }: Subject): Law[] {
  if (sources === undefined) return [];
  return [law('nothing is left to write', () => expect(todosIn(sources)).toEqual([]))];
}

function todosIn(folder: URL): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => /^(src|test|examples)\/.*\.(ts|json)$/.test(file))
    .sort();
  return files.flatMap((file) =>
    [...readFileSync(new URL(file, folder), 'utf8').matchAll(todo)].map(([, text = '']) => `${file}: ${text}`),
  );
}

export function nameLaws({ connector, named }: Subject): Law[] {
  return [
    law('is a lower-case word to store, and there is a label to show', () => {
      expect(connector.name).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(connector.label).toMatch(/\S/);
    }),
    law('is not shared by two event types', () => {
      expect(new Set(named.map(({ name }) => connector.nameOf(name))).size).toBe(named.length);
    }),
  ];
}

export function deduplicationLaws({ connector: { deduplication } }: Subject): Law[] {
  if (deduplication === undefined) return [];
  return [
    law('says in a sentence what happens to repetitions, for how long, and where the partner says so', () => {
      const { rule, windowMs, source } = deduplication;
      expect(rule).toMatch(/\S \S.*\.$/);
      expect(source).toMatch(/\S/);
      if (windowMs !== undefined) expectCount(windowMs, 'windowMs');
    }),
  ];
}

export function originLaws({ connector, allSettings }: Subject): Law[] {
  return [
    law('are scheme and host, at least one for all settings', () => {
      for (const origin of [undefined, ...allSettings].flatMap((settings) => connector.origins(settings)))
        expect(new URL(origin).origin).toBe(origin);
      for (const settings of allSettings) expect(connector.origins(settings)).not.toEqual([]);
    }),
  ];
}

export function limitLaws({ connector, allSettings }: Subject): Law[] {
  const { maxAheadMs } = connector;
  return [
    ...(maxAheadMs === undefined
      ? []
      : [law('has a whole number of milliseconds for what is ahead', () => expectCount(maxAheadMs, 'maxAheadMs'))]),
    law('is data: whole numbers above zero, the same in every call', () => {
      for (const settings of allSettings) {
        const limits = connector.rateLimit(settings);
        const { budgets, routes = {}, ...numbers } = limits;
        for (const each of [numbers, ...Object.values(routes)])
          for (const [name, value] of Object.entries(each)) expectCount(value, name);
        for (const { name, unit, limit, periodMs, quota } of budgets) {
          expectCount(limit, `${name}.limit`);
          expectCount(periodMs, `${name}.periodMs`);
          expect(['events', 'bytes']).toContain(unit);
          if (quota) {
            expectCount(quota.limit, `${name}.quota.limit`);
            expect(quota.periodMs, `${name}.quota.periodMs`).toBeGreaterThan(periodMs);
          }
          expect(name).not.toBe('');
        }
        expect(JSON.stringify(connector.rateLimit(settings))).toBe(JSON.stringify(limits));
      }
    }),
    law('fits the largest event into a request', () => {
      for (const settings of allSettings) {
        const limits = connector.rateLimit(settings);
        for (const route of [{}, ...Object.values(limits.routes ?? {})]) {
          const { maxBytes, maxEventBytes, wrapBytes, itemBytes = 0 } = { ...limits, ...route };
          expect(maxEventBytes + itemBytes + wrapBytes).toBeLessThanOrEqual(maxBytes);
          expect(maxBytes, 'the bytes of a route').toBeLessThanOrEqual(limits.maxBytes);
        }
      }
    }),
    law('names the same budget key for the same payload', () => {
      for (const settings of allSettings) {
        const items = routesOf(connector, settings).flatMap((route) => itemsOf(connector, settings, 3, route));
        for (const { payload } of items) {
          for (const budget of connector.rateLimit(settings).budgets) {
            const key = budget.key(payload);
            expect(['string', 'undefined']).toContain(typeof key);
            expect(budget.key(payload)).toBe(key);
          }
        }
      }
    }),
  ];
}

function expectCount(value: unknown, name: string): void {
  expect(isCount(value), `${name} is ${String(value)}`).toBe(true);
}
