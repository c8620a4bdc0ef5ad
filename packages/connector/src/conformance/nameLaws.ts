import { expect } from 'vitest';
import type { Law } from './law.js';
import type { Subject } from './subject.js';

export function nameLaws({ connector, named }: Subject): Law[] {
  return [
    {
      name: 'is a lower-case word to store, and there is a label to show',
      prove() {
        expect(connector.name).toMatch(/^[a-z][a-z0-9-]*$/);
        expect(connector.label).toMatch(/\S/);
      },
    },
    {
      name: 'is not shared by two event types',
      prove() {
        expect(new Set(named.map(({ name }) => connector.nameOf(name))).size).toBe(named.length);
      },
    },
  ];
}
