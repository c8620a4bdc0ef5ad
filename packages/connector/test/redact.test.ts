import { redact } from '@currents/connector';
import { describe, expect, it } from 'vitest';

const token = '9f2c41d07be84a6f8c35e1a2d7460b9e';
const hide = (words: string, secrets: readonly string[] = [token], payloads: readonly unknown[] = []) =>
  redact(words, { secrets, payloads });

describe('a quotation', () => {
  it.each([
    ['without anything to hide', 'no such project', 'no such project'],
    ['with a secret', `bad token ${token}!`, 'bad token [hidden]!'],
    ['with a secret twice', `${token} or ${token}`, '[hidden] or [hidden]'],
    ['with a secret in capitals', `bad token ${token.toUpperCase()}`, 'bad token [hidden]'],
    ['with the beginning of a secret', `bad token ${token.slice(0, 8)}…`, 'bad token [hidden]…'],
    ['with the end of a secret', `bad token …${token.slice(-12)}`, 'bad token …[hidden]'],
    ['with too little of a secret to be a trace', `bad token ${token.slice(0, 7)}`, `bad token ${token.slice(0, 7)}`],
    ['over several lines', 'one\r\n\ttwo\u0000three ', 'one two three'],
  ])('%s', (_, words, quoted) => expect(hide(words)).toBe(quoted));

  it.each([
    ['percent-encoded', 'a+b/c=d&e', 'key a%2Bb%2Fc%3Dd%26e', 'key [hidden]'],
    ['escaped in JSON', 'say "open sesame"', 'key say \\"open sesame\\"', 'key [hidden]'],
    ['that is short', 'ab1', 'key ab1', 'key [hidden]'],
    ['that is empty', '', 'key', 'key'],
    ['that is half a character', '\ud800', 'key', 'key'],
  ])('hides a secret %s', (_, secret, words, quoted) => expect(hide(words, [secret])).toBe(quoted));

  it('hides the values of payloads, but not their short ones and not their keys', () => {
    const payload = { plan: 'gold', user: { mail: 'ana@example.com', visits: 123456 }, tags: ['summer'], ok: true };
    const words = 'user.mail ana@example.com of plan gold was 123456 times in summer';
    expect(hide(words, [], [payload])).toBe('user.mail [hidden] of plan gold was [hidden] times in [hidden]');
  });

  it.each([
    ['in other letters', 'Ana@Example.com', 'no user ana@example.COM here', 'no user [hidden] here'],
    ['percent-encoded', 'ana+1@example.com', 'GET /users/ana%2b1%40example.com', 'GET /users/[hidden]'],
    ['escaped in JSON', 'Ana "A" Lee', '{"name":"Ana \\"A\\" Lee"}', '{"name":"[hidden]"}'],
    ['escaped in ASCII', 'Jörg 😀', '{"name":"J\\u00f6rg \\ud83d\\ude00"}', '{"name":"[hidden]"}'],
  ])('hides a value %s', (_, value, words, quoted) => expect(hide(words, [], [{ value }])).toBe(quoted));

  it('hides a long value of which only the beginning is quoted', () => {
    const value = 'Dear Ana, your order of Tuesday is on its way. '.repeat(100);
    expect(hide(`no text: ${value}`, [], [{ value }])).toBe('no text: [hidden]');
    expect(hide(`no text: ${value.slice(0, 60)}… (cut)`, [], [{ value }])).toBe('no text: [hidden]… (cut)');
  });

  it('takes no longer for values that are everywhere in the words', () => {
    const payloads = Array.from({ length: 40_000 }, (_, at) => 'a'.repeat(5 + (at % 90)));
    const startedMs = performance.now();
    expect(hide('a'.repeat(1_000), [], payloads)).toBe('[hidden]');
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });

  it('hides values that contain each other as a whole', () => {
    expect(hide('no user-1234 here', [], [['user-1', 'user-1234']])).toBe('no [hidden] here');
  });

  it('is at most 300 characters long, and never ends with half a character', () => {
    expect(hide('long '.repeat(1000))).toHaveLength(300);
    expect(hide(`${'x'.repeat(298)}😀😀`)).toBe(`${'x'.repeat(298)}\ufffd…`);
  });

  it('hides a secret that is cut off', () => {
    expect(hide(`${'x'.repeat(290)} ${token}`)).toBe(`${'x'.repeat(290)} [hidden]`);
  });
});
