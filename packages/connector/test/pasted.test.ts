import { describe, expect, it } from 'vitest';
import { pastedFault, trimPasted } from '../src/index.js';

describe('pasted text', () => {
  it.each([
    ['blanks', '  key '],
    ['a newline', 'key\n'],
    ['a newline of Windows', '\r\nkey\r\n'],
    ['a tab', '\tkey'],
    ['a no-break space', '\u00a0key\u202f'],
    ['a zero-width space', '\u200bkey\u200b'],
    ['a byte order mark', '\ufeffkey'],
    ['marks of direction', '\u200ekey\u202c'],
    ['a word joiner and a soft hyphen', '\u2060key\u00ad'],
  ])('loses %s around it', (_what, text) => {
    expect(trimPasted(text)).toBe('key');
  });

  it.each([
    ['Bearer abc', 'begins with the scheme'],
    ['bearer\tabc', 'begins with the scheme'],
    ['Basic abc', 'begins with the scheme'],
    ['"abc"', 'quotation marks'],
    ['“abc”', 'quotation marks'],
    ["'abc'", 'quotation marks'],
    ['<token>', 'placeholder'],
    ['${TOKEN}', 'placeholder'],
    ['$TOKEN', 'placeholder'],
    ['{{ token }}', 'placeholder'],
    ['%TOKEN%', 'placeholder'],
    ['YOUR_TOKEN', 'placeholder'],
    ['your project token', 'placeholder'],
    ['xxxxxxxx', 'placeholder'],
    ['••••••••', 'placeholder'],
    ['ab\ncd', 'line break'],
    ['ab\u0007cd', 'control character'],
    ['ab cd', 'blank'],
    ['ab\u00a0cd', 'blank'],
    ['ab\u200bcd', 'invisible'],
  ])('that is no secret is named: %j', (text, reason) => {
    expect(pastedFault(text)).toContain(reason);
  });

  it.each(['abc', 'cur_admin_x-_~+/=', 'p@ss"w0rd<3', 'a$b', 'bearerish', 'tokenize', 'ключ', 'x', 'xxx'])(
    'may be the secret %j',
    (text) => {
      expect(pastedFault(text)).toBeUndefined();
    },
  );
});
