import { endOfString, readKey, skipSpace } from './jsonScan.js';

/** A number in a JSON text that `JSON.parse` reads as another one. */
export interface InexactNumber {
  readonly start: number;
  readonly end: number;
  /** Keys and indices from the outermost value to the number. */
  readonly path: readonly string[];
  readonly isWhole: boolean;
}

/**
 * Whether a parsed number may have had other digits: whole numbers beyond 2^53 (RFC 8259, 6), numbers too large for a 64-bit
 * float, and fractions of 16 digits or more. Of a fraction with more digits that is nearest to a shorter one, such as
 * 0.1000000000000000055511151231257827, that shorter one is what was meant.
 */
export function mayBeInexact(value: number): boolean {
  if (Number.isInteger(value)) return !Number.isSafeInteger(value);
  // Up to 8 digits before the point and 6 after it, like nearly all prices: much faster than writing the number.
  if (value < 1e8 && value > -1e8 && Math.round(value * 1e6) / 1e6 === value) return false;
  return !Number.isFinite(value) || String(value).length > 16;
}

/** Significant digits that suffice to identify a 64-bit float (IEEE 754, binary64). */
const floatDigits = 17;

/** Whether `JSON.parse` keeps what a number says. */
export function isExact(token: string): boolean {
  const value = Number(token);
  if (!mayBeInexact(value)) return true;
  if (!Number.isFinite(value)) return false;
  const [given, kept] = [decimalOf(token), decimalOf(String(value))];
  if (given.digits === kept.digits && given.exponent === kept.exponent) return true;
  return given.exponent < 0 && given.digits.length <= floatDigits;
}

/** A number as digits × 10^exponent, the digits without zeros around them. */
function decimalOf(token: string): { readonly digits: string; readonly exponent: number } {
  const [, whole = '', fraction = '', exponent = '0'] = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(token) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const kept = digits.replace(/0+$/, '');
  return { digits: kept, exponent: Number(exponent) - fraction.length + digits.length - kept.length };
}

/** Where a number can stand that is long, or has an exponent of three digits. Strings may match, too. */
const candidate = /[:,[\s]-?(?:[\d.]{16}|[\d.]{1,15}[eE][+-]?\d{3})/;

/** Finds the inexact numbers of a text that is JSON. */
export function findInexactNumbers(text: string): readonly InexactNumber[] {
  if (!candidate.test(text)) return [];
  const found: InexactNumber[] = [];
  /** The key or index of the value within each list or object around it. */
  const path: (string | number)[] = [];
  let isKeyNext = false;
  for (let at = skipSpace(text, 0); at < text.length; at = skipSpace(text, at)) {
    const char = text[at]!;
    if (char === '"') {
      const end = endOfString(text, at);
      if (isKeyNext) path[path.length - 1] = readKey(text, at, end);
      isKeyNext = false;
      at = end;
    } else if (char === '{' || char === '[') {
      isKeyNext = char === '{';
      path.push(isKeyNext ? '' : 0);
      at++;
    } else if (char === '}' || char === ']') {
      path.pop();
      isKeyNext = false;
      at++;
    } else if (char === ',') {
      const last = path.at(-1);
      if (typeof last === 'number') path[path.length - 1] = last + 1;
      else isKeyNext = true;
      at++;
    } else if (char === '-' || (char >= '0' && char <= '9')) {
      number.lastIndex = at;
      const [token = char] = number.exec(text) ?? [];
      const end = at + token.length;
      if (!isExact(token))
        found.push({ start: at, end, path: path.map(String), isWhole: decimalOf(token).exponent >= 0 });
      at = end;
    } else at++;
  }
  return found;
}

const number = /-?[\d.]+(?:[eE][+-]?\d+)?/y;

/** The text with these numbers as strings of their digits. */
export function withDigitsAsText(text: string, numbers: readonly Pick<InexactNumber, 'start' | 'end'>[]): string {
  let result = '';
  let at = 0;
  for (const { start, end } of numbers) {
    result += `${text.slice(at, start)}"${text.slice(start, end)}"`;
    at = end;
  }
  return result + text.slice(at);
}
