import { expect } from 'vitest';
import type { Law } from './law.js';
import type { Subject } from './subject.js';

export function nameLaws({ connector }: Subject): Law[] {
  return [
    {
      name: 'is a word to be stored under, and there is a label to be read',
      prove() {
        expect(connector.name).toMatch(/^[a-z][a-z0-9-]*$/);
        expect(connector.label).toMatch(/\S/);
      },
    },
  ];
}
