import type { Findings } from './checkRecord.js';

// Mixpanel, Import Events reference: fewer than 255 properties, nested keys and elements, depth 3, strings cut at 255.
const tooMany = 255;
const deepest = 3;
const maxStringBytes = 255;
// Mixpanel, data types page: about 8 KB for a whole list or object.
const usual = { maxProperties: tooMany - 1, largestValueBytes: 8 * 1024, root: 'properties' };
/** Above this depth even lists are refused, so that recursion does not overflow the stack. */
const deepestWalk = 64;
const tooDeep = 'nesting too deep';

type Fail = (field: string, message: string) => void;

/**
 * Checks all values in `properties`, which the faults call `root`. Visits each value once and sums an upper bound of its JSON size; measures the JSON
 * only if that bound is too large.
 */
export function createValueCheck(maxEventBytes: number, { maxProperties, largestValueBytes, root } = usual) {
  // Set for each record, which avoids a closure per record.
  let found: Pick<Findings, 'cut' | 'emptied'> = { cut: [], emptied: [] };
  let looksAtText = true;
  let late: [string, string][] = [];

  const weighText = (value: string, parent: string, key: string | number): number => {
    if (looksAtText && !value.isWellFormed()) failIllFormed(late, join(parent, key));
    else if (isLongerThan(value, maxStringBytes)) found.cut.push(join(parent, key));
    return value.length * 6 + 3;
  };

  const weighKey = (key: string, parent: string): number => {
    if (looksAtText && !key.isWellFormed()) failIllFormed(late, join(parent, key.toWellFormed()));
    return key.length * 6 + 4;
  };

  const weigh = (value: unknown, parent: string, key: string | number, objects: number, levels: number): number => {
    if (typeof value === 'string') return weighText(value, parent, key);
    if (typeof value !== 'object' || value === null) return 26;
    const path = join(parent, key);
    const isList = Array.isArray(value);
    const depth = isList ? objects : objects + 1;
    if (depth > deepest || levels >= deepestWalk) {
      late.push([path, tooDeep]);
      return 0;
    }
    let weight = 2;
    if (isList) {
      if (value.length >= tooMany) late.push([path, 'array too large']);
      for (let at = 0; at < value.length; at++) weight += weigh(value[at], path, at, depth, levels + 1);
      return weight;
    }
    let keys = 0;
    for (const inner in value) {
      keys++;
      weight +=
        weighKey(inner, path) + weigh((value as Record<string, unknown>)[inner], path, inner, depth, levels + 1);
    }
    if (keys >= tooMany) late.push([path, 'object too large']);
    return weight;
  };

  return (
    event: string,
    properties: Readonly<Record<string, unknown>>,
    mayHoldIllFormedText: boolean,
    into: Pick<Findings, 'cut' | 'emptied'>,
    fail: Fail,
  ): void => {
    found = into;
    looksAtText = mayHoldIllFormedText;
    if (late.length > 0) late = [];
    let weight = event.length * 6 + 40;
    if (looksAtText && !event.isWellFormed()) failIllFormed(late, 'event');
    else if (isLongerThan(event, maxStringBytes)) found.cut.push('event');
    let keys = 0;
    for (const key in properties) {
      keys++;
      const value = properties[key];
      if (!looksAtText && typeof value === 'string' && value.length <= 85) {
        // Nearly every value is a short string, which needs no call.
        weight += (key.length + value.length) * 6 + 7;
        continue;
      }
      const failuresBefore = late.length;
      const valueWeight = weigh(value, root, key, 0, 0);
      weight += weighKey(key, root) + valueWeight;
      const mayBeLarge = typeof value === 'object' && value !== null && valueWeight > largestValueBytes;
      if (mayBeLarge && late.length === failuresBefore && jsonBytes(value) > largestValueBytes) {
        found.emptied.push(join(root, key));
      }
    }
    const walkedWhole = !late.some(([, message]) => message === tooDeep);
    if (weight >= maxEventBytes && walkedWhole && jsonBytes({ event, properties }) >= maxEventBytes)
      fail('', 'event exceeds max size');
    if (keys > maxProperties) fail(root, 'too many properties');
    for (const [field, message] of late) fail(field, message);
  };
}

export function isLongerThan(text: string, bytes: number): boolean {
  // A UTF-16 code unit takes at most three bytes of UTF-8.
  return text.length * 3 > bytes && (text.length > bytes || Buffer.byteLength(text) > bytes);
}

function join(parent: string, key: string | number): string {
  return `${parent}.${key}`;
}

function failIllFormed(late: [string, string][], path: string): void {
  late.push([path, `${path} is invalid: string should be valid utf8`]);
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
