import { expect } from 'vitest';
import { itemsOf } from './items.js';
import type { Law } from './law.js';
import type { Subject } from './subject.js';

export function limitLaws({ connector, allSettings }: Subject): Law[] {
  return [
    {
      name: 'is data: whole numbers above zero, the same at every asking',
      prove() {
        for (const settings of allSettings) {
          const { budgets, ...numbers } = connector.rateLimit(settings);
          for (const [name, value] of Object.entries(numbers)) expectCount(value, name);
          for (const budget of budgets) {
            expectCount(budget.limit, `${budget.name}.limit`);
            expectCount(budget.periodMs, `${budget.name}.periodMs`);
            expect(['events', 'bytes']).toContain(budget.unit);
            if (budget.quota) {
              expectCount(budget.quota.limit, `${budget.name}.quota.limit`);
              expect(budget.quota.periodMs, `${budget.name}.quota.periodMs`).toBeGreaterThan(budget.periodMs);
            }
            expect(budget.name).not.toBe('');
          }
          expect(JSON.stringify(connector.rateLimit(settings))).toBe(JSON.stringify({ ...numbers, budgets }));
        }
      },
    },
    {
      name: 'lets the largest event into a request',
      prove() {
        for (const settings of allSettings) {
          const { maxBytes: bytes, maxEventBytes: eventBytes, wrapBytes } = connector.rateLimit(settings);
          expect(eventBytes + wrapBytes).toBeLessThanOrEqual(bytes);
        }
      },
    },
    {
      name: 'names the same budget key for the same payload',
      prove() {
        for (const settings of allSettings) {
          for (const { payload } of itemsOf(connector, settings)) {
            for (const budget of connector.rateLimit(settings).budgets) {
              const key = budget.key(payload);
              expect(['string', 'undefined']).toContain(typeof key);
              expect(budget.key(payload)).toBe(key);
            }
          }
        }
      },
    },
  ];
}

function expectCount(value: unknown, name: string): void {
  expect(Number.isSafeInteger(value) && Number(value) > 0, `${name} is ${String(value)}`).toBe(true);
}
