import { ScanFault, scanList, scanObject, skipSpace, type Range } from './jsonScan.js';

/** Parsed at once, in about a millisecond. */
const pieceCharacters = 64 * 1024;
/** Levels around what is parsed at once; each of them is scanned once more. */
const maxLongLevels = 6;

export interface ParseLimits {
  /** Elements of all lists together, as far as they are not within a piece that is parsed at once. */
  readonly maxElements: number;
}

export type SteppedParse = { readonly value: unknown } | { readonly fault: 'not_json' | 'too_many' | 'too_deep' };

/** `JSON.parse`, but yields every few milliseconds, and stops beyond the limits. */
export function* parseInSteps(text: string, { maxElements }: ParseLimits): Generator<undefined, SteppedParse> {
  let elements = 0;
  const count = (more: number): void => {
    elements += more;
    if (elements > maxElements) throw new Stopped('too_many');
  };

  function* readValue({ start, end }: Range, level: number): Generator<undefined, unknown> {
    const isLong = end - start > pieceCharacters;
    if (!isLong || (text[start] !== '[' && text[start] !== '{')) return JSON.parse(text.slice(start, end)) as unknown;
    if (level === maxLongLevels) throw new Stopped('too_deep');
    return text[start] === '[' ? yield* readList({ start, end }, level) : yield* readObject({ start, end }, level);
  }

  function* readList({ start, end }: Range, level: number): Generator<undefined, unknown[]> {
    const list: unknown[] = [];
    let group: (Range & { readonly count: number }) | undefined;
    const flush = (): void => {
      if (!group) return;
      const values = JSON.parse(`[${text.slice(group.start, group.end)}]`) as unknown[];
      // The scan counts brackets only; if it was wrong about the elements, the text is not JSON.
      if (values.length !== group.count) throw new Stopped('not_json');
      for (const value of values) list.push(value);
      group = undefined;
    };
    const scan = scanList(text, start);
    for (let next = scan.next(); ; next = scan.next()) {
      if (next.done) {
        if (next.value !== end) throw new Stopped('not_json');
        flush();
        return list;
      }
      const element = next.value;
      if (element === undefined) {
        yield undefined;
        continue;
      }
      count(1);
      if (element.end - element.start > pieceCharacters) {
        flush();
        list.push(yield* readValue(element, level + 1));
        continue;
      }
      group = { start: group?.start ?? element.start, end: element.end, count: (group?.count ?? 0) + 1 };
      if (group.end - group.start < pieceCharacters) continue;
      flush();
      yield undefined;
    }
  }

  function* readObject({ start, end }: Range, level: number): Generator<undefined, object> {
    const entries: [string, unknown][] = [];
    const scan = scanObject(text, start);
    for (let next = scan.next(); ; next = scan.next()) {
      if (next.done) {
        if (next.value !== end) throw new Stopped('not_json');
        // fromEntries keeps a key spelled `__proto__` as a key, as JSON.parse does.
        return Object.fromEntries(entries);
      }
      if (next.value === undefined) yield undefined;
      else {
        count(1);
        entries.push([next.value.key, yield* readValue(next.value, level + 1)]);
      }
    }
  }

  try {
    return { value: yield* readValue({ start: skipSpace(text, 0), end: text.trimEnd().length }, 0) };
  } catch (error) {
    if (error instanceof Stopped) return { fault: error.fault };
    if (error instanceof ScanFault || error instanceof SyntaxError) return { fault: 'not_json' };
    throw error;
  }
}

class Stopped extends Error {
  constructor(readonly fault: 'not_json' | 'too_many' | 'too_deep') {
    super(fault);
    this.name = 'Stopped';
  }
}
