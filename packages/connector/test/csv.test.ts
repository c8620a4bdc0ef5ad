import { describe, expect, it } from 'vitest';
import { createCsvReader } from '../src/csv.js';

describe('CSV', () => {
  it.each<[string, string[][]]>([
    [
      'a,b\nc,d\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'a,b\r\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['"a,b","c""d"\n', [['a,b', 'c"d']]],
    ['"a\nb",c\n', [['a\nb', 'c']]],
    [
      'a,,\n,,\n',
      [
        ['a', '', ''],
        ['', '', ''],
      ],
    ],
    ['"",b\n', [['', 'b']]],
    ['\n\na\n\n', [['a']]],
    ['a"b,"c" d\n', [['a"b', 'c d']]],
    ['"""a"""\n', [['"a"']]],
    ['', []],
  ])('%j', (text, rows) => {
    for (const size of [1, 2, 3, text.length + 1]) {
      const read: (readonly string[])[] = [];
      const csv = createCsvReader((fields) => read.push(fields));
      for (let at = 0; at < text.length; at += size) csv.read(text.slice(at, at + size));
      expect(csv.end()).toBe(true);
      expect(read).toEqual(rows);
    }
  });
});
