import { answerAll, copyProperties, readJsonObject, retryAfterMs, setProperty } from '@currents/connector';
import { scriptedHttp, textAnswer } from '@currents/connector/conformance';
import { describe, expect, it } from 'vitest';

const bounds = { minMs: 1_000, maxMs: 300_000 };
const date = 'Tue, 14 Nov 2023 22:13:20 GMT';

describe('retryAfterMs', () => {
  it.each<[name: string, headers: Record<string, string>, ms: number | undefined]>([
    ['seconds', { 'retry-after': '30' }, 30_000],
    ['seconds with blanks round them', { 'retry-after': ' 30 ' }, 30_000],
    ['no seconds', { 'retry-after': '0' }, 1_000],
    ['a day', { 'retry-after': '86400' }, 300_000],
    ['a date', { date, 'retry-after': 'Tue, 14 Nov 2023 22:14:20 GMT' }, 60_000],
    ['a date in the past', { date, 'retry-after': 'Tue, 14 Nov 2023 22:13:00 GMT' }, 1_000],
    ['a date far away', { date, 'retry-after': 'Wed, 15 Nov 2023 22:13:20 GMT' }, 300_000],
    ['a date without a clock to hold it against', { 'retry-after': 'Tue, 14 Nov 2023 22:14:20 GMT' }, undefined],
    ['a date against a broken clock', { date: 'now', 'retry-after': 'Tue, 14 Nov 2023 22:14:20 GMT' }, undefined],
    ['a negative number', { date, 'retry-after': '-5' }, undefined],
    ['a fraction', { date, 'retry-after': '1.5' }, undefined],
    ['a word', { date, 'retry-after': 'soon' }, undefined],
    ['nothing', { date, 'retry-after': '' }, undefined],
    ['no header', { date }, undefined],
  ])('reads %s', (_, headers, ms) => expect(retryAfterMs(headers, bounds)).toBe(ms));
});

describe('readJsonObject', () => {
  it.each(['', '{', 'null', '[1]', '"text"', '1', '<html></html>'])('finds no object in %j', (body) => {
    expect(readJsonObject(body)).toBeUndefined();
  });

  it('reads an object', () => expect(readJsonObject(' {"code":200}\n')).toStrictEqual({ code: 200 }));
});

describe('copyProperties', () => {
  it('adds the prefix to every key and leaves out null', () => {
    const target = { kept: 1 };
    copyProperties(target, { a: 'x', b: null, c: false, d: undefined, e: [null] }, 'p ');
    expect(target).toStrictEqual({ kept: 1, 'p a': 'x', 'p c': false, 'p e': [null] });
  });

  it('makes a property of __proto__, with and without a prefix', () => {
    const source = JSON.parse('{"__proto__":{"polluted":true}}') as Record<string, unknown>;
    const target: Record<string, unknown> = {};
    copyProperties(target, source);
    copyProperties(target, source, 'p ');
    expect(Object.getPrototypeOf(target)).toBe(Object.prototype);
    expect(JSON.stringify(target)).toBe('{"__proto__":{"polluted":true},"p __proto__":{"polluted":true}}');
  });

  it('is overwritten like any other property', () => {
    const target: Record<string, unknown> = {};
    setProperty(target, '__proto__', 1);
    setProperty(target, '__proto__', 2);
    expect(Object.entries(target)).toStrictEqual([['__proto__', 2]]);
  });
});

describe('answerAll', () => {
  it('returns the outcome for every item by id', () => {
    const items = [
      { id: 'a', payload: 1, json: '1' },
      { id: 'b', payload: 2, json: '2' },
    ];
    expect(answerAll(items, { outcome: 'delivered' })).toStrictEqual([
      { id: 'a', outcome: 'delivered' },
      { id: 'b', outcome: 'delivered' },
    ]);
  });
});

describe('scriptedHttp', () => {
  it('answers in turn, records the requests, and throws at one too many', async () => {
    const http = scriptedHttp(textAnswer(200, 'one'), textAnswer(500, 'two'));
    const ask = (url: string) => http.request({ method: 'GET', url });
    expect(await ask('/1')).toMatchObject({ status: 200, body: 'one' });
    expect(await ask('/2')).toMatchObject({ status: 500, body: 'two' });
    await expect(ask('/3')).rejects.toThrow('expected at most 2 requests, got 3');
    expect(http.requests.map((request) => request.url)).toStrictEqual(['/1', '/2', '/3']);
  });
});
