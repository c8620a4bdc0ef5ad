import { describe, expect, it } from 'vitest';
import { decodeReceived } from '../src/index.js';

const valid = ['', 'ascii', 'café', '深煎り', '🫘', '\uFFFD', '\uFEFFx', '\uD7FF\uE000', '\u{10FFFF}'].map((text) =>
  Buffer.from(text),
);

describe('decodeReceived', () => {
  it('decodes UTF-8', () => {
    for (const bytes of valid) expect(decodeReceived(bytes)).toEqual({ text: bytes.toString(), isDamaged: false });
  });

  it.each<[string, number[], string]>([
    ['Latin-1', [0x63, 0xe9], 'c\udce9'],
    ['before a quotation mark', [0xe9, 0x22], '\udce9"'],
    ['a sequence that breaks off', [0xf0, 0x9f, 0xab], '\udcf0\udc9f\udcab'],
    ['an overlong slash', [0xc0, 0xaf], '\udcc0\udcaf'],
    ['an encoded surrogate', [0xed, 0xa0, 0x80], '\udced\udca0\udc80'],
    ['beyond Unicode', [0xf4, 0x90, 0x80, 0x80], '\udcf4\udc90\udc80\udc80'],
    ['among characters of every length', [0xff, ...Buffer.from('aé深🫘'), 0x80], '\udcffaé深🫘\udc80'],
  ])('shows bytes that are not UTF-8 as lone surrogates: %s', (_, bytes, text) => {
    expect(decodeReceived(Buffer.from(bytes))).toEqual({ text, isDamaged: true });
  });

  it('keeps every character beside the damage, as TextDecoder does', () => {
    const bytes = Buffer.concat([
      ...valid,
      Buffer.from([0xe9]),
      ...valid,
      Buffer.from('x'.repeat(300_000)),
      Buffer.from([0xff]),
    ]);
    const { text } = decodeReceived(bytes);
    expect(text.toWellFormed()).toBe(bytes.toString('utf8'));
  });
});
