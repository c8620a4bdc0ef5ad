import { describe, expect, it } from 'vitest';
import { parseInSteps } from '../src/index.js';

function stepped(text: string, maxElements = Infinity) {
  const steps = parseInSteps(text, { maxElements });
  for (let count = 0; ; count++) {
    const step = steps.next();
    if (step.done) return { result: step.value, steps: count };
  }
}

const long = 'x'.repeat(70_000);
const members = Array.from({ length: 20_000 }, (_, n) => ({ id: `customer-${n}`, more: [n, null, { a: '}]"' }] }));

describe('a text that is parsed in steps', () => {
  it.each([
    ['an object', { action: 'add', parameters: { members, page: 1 }, last: true }],
    ['a list', members],
    ['long elements', [{ members }, long, [members, 7], members.slice(0, 3)]],
    ['a short text', { a: [1, 2] }],
    ['a scalar', 'text'],
    ['a long string', long],
    ['empty lists', { a: [], b: {}, c: members }],
  ])('is what JSON.parse makes of it: %s', (_what, value) => {
    for (const text of [JSON.stringify(value), ` \n${JSON.stringify(value, null, 1)}\r\n `])
      expect(stepped(text).result).toEqual({ value: JSON.parse(text) });
  });

  it('keeps a key __proto__, and the last of several members with one key', () => {
    const list = JSON.stringify(members);
    const { result } = stepped(`{"__proto__":${list},"a":${list},"a":1}`);
    expect(result).toEqual({ value: JSON.parse(`{"__proto__":${list},"a":${list},"a":1}`) });
  });

  it('yields every 64 Ki characters or so', () => {
    const text = JSON.stringify({ members });
    expect(stepped(text).steps).toBeGreaterThan(text.length / (160 * 1024));
  });

  it.each([
    ['cut off', JSON.stringify({ members }).slice(0, -1)],
    ['with something after it', `${JSON.stringify({ members })}x`],
    ['with a comma too many', `[${JSON.stringify(members)},]`],
    ['with a fault within', JSON.stringify({ members }).replace('null', 'nil')],
    ['empty', ' '],
    ['with brackets of two kinds', `[${JSON.stringify(members)}}`],
  ])('is not JSON: %s', (_what, text) => {
    expect(() => JSON.parse(text) as unknown).toThrow();
    expect(stepped(text).result).toEqual({ fault: 'not_json' });
  });

  it('is given up with too many elements or too many levels around a long list', () => {
    expect(stepped(JSON.stringify({ members }), 10_000).result).toEqual({ fault: 'too_many' });
    const nested = `${'['.repeat(20)}${JSON.stringify(members)}${']'.repeat(20)}`;
    expect(stepped(nested).result).toEqual({ fault: 'too_deep' });
  });
});
