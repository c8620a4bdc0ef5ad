import type { Chooser } from './chooser.js';

/** Texts that programs stumble over. */
const awkward = [
  '',
  ' ',
  '\0',
  '\u2028',
  '\ufeff',
  '\u202e',
  '\ud800',
  'é́',
  '𝕌',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  'NaN',
  '-1',
  '1e400',
  '0x10',
  '${jndi:ldap://127.0.0.1}',
  '../../etc/passwd',
  "' or 1=1 --",
  '%00%ff%zz',
  '<script>',
  '"',
  '\\',
  '\r\nx: y',
];

export function randomText(choose: Chooser): string {
  if (choose.chance(0.6)) return choose.pick(awkward);
  if (choose.chance(0.02)) return choose.pick(['x', '[', '\u00e9', '\ud83d\ude00']).repeat(1 + choose.below(20_000));
  return String.fromCharCode(...choose.some(12, () => choose.below(choose.pick([128, 0x300, 0xffff]))));
}

const numbers = [
  '0',
  '-0',
  '1',
  '-1',
  '1.5',
  '1e400',
  '-1e-400',
  '12345678901234567890',
  '0.1234567890123456789',
  '2147483648',
];

/** The JSON text of a random value; some texts have faults that JSON does not allow. */
export function randomJson(choose: Chooser, depth = 3): string {
  switch (choose.below(depth > 0 ? 9 : 6)) {
    case 0:
      return choose.pick(['null', 'true', 'false']);
    case 1:
      return choose.pick(numbers);
    case 2:
      return String(choose.below(2_000_000_000));
    case 3:
    case 4:
      return JSON.stringify(randomText(choose));
    case 5:
      return choose.chance(0.05) ? choose.pick(['', 'nul', '01', '"', '[', '{,}', '\u00a0', '[1,]', "'x'"]) : '""';
    case 6:
      return `[${choose.some(4, () => randomJson(choose, depth - 1)).join(',')}]`;
    case 7:
      return choose.chance(0.02) ? '['.repeat(choose.below(5_000)) : '[]';
    default: {
      const pairs = choose.some(5, () => `${JSON.stringify(randomText(choose))}:${randomJson(choose, depth - 1)}`);
      return `{${pairs.join(',')}}`;
    }
  }
}

/** Bytes that are not UTF-8: a lone continuation, an overlong slash, a surrogate, a byte that never occurs, a cut sequence. */
const notUtf8 = [[0x80], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xff], [0xe2, 0x82]];

/** The same bytes with a few of them removed, doubled, changed or made invalid. */
export function damage(choose: Chooser, bytes: Buffer): Buffer {
  let damaged = bytes;
  for (let count = 1 + choose.below(3); count > 0; count--) {
    const at = choose.below(damaged.length + 1);
    const [before, after] = [damaged.subarray(0, at), damaged.subarray(at)];
    switch (choose.below(5)) {
      case 0:
        damaged = before;
        break;
      case 1:
        damaged = Buffer.concat([before, after.subarray(1 + choose.below(4))]);
        break;
      case 2:
        damaged = Buffer.concat([before, Buffer.from(choose.pick(notUtf8)), after]);
        break;
      case 3:
        damaged = Buffer.concat([before, after.subarray(0, choose.below(64)), after]);
        break;
      default:
        damaged = Buffer.concat([before, Buffer.of(choose.below(256)), after.subarray(1)]);
    }
  }
  return damaged;
}
