import { brotliCompressSync, constants } from 'node:zlib';
import { unpackBatch } from '@currents/core';

/** Every form in which a batch was ever stored. The present one is what the hub stores itself. */
const forms: Readonly<Record<string, ((events: readonly unknown[]) => Buffer) | undefined>> = {
  'one compressed list': (events) => brotli(JSON.stringify(events), 22),
  'lengths and lists, compressed together': (events) => brotli(withLengths(events), 22),
  'lengths and lists in a smaller window': (events) => brotli(withLengths(events), 18),
  'lengths before compressed events, without a version': (events) => {
    const text = events.map((event) => `,${JSON.stringify(event)}`).join('');
    const head = `${JSON.stringify([Buffer.byteLength(text), events.length])}\n`;
    return Buffer.concat([Buffer.from(head), brotli(`${text},`, 18)]);
  },
  'the present one': undefined,
};

export const formerForms = Object.keys(forms);

/** The same events in another form. */
export async function storeAs(form: string, content: Buffer): Promise<Buffer> {
  const encode = forms[form];
  return encode ? encode(await unpackBatch(content)) : content;
}

function withLengths(events: readonly unknown[]): string {
  const list = JSON.stringify(events);
  return `${JSON.stringify([Buffer.byteLength(list), events.length])}\n${list}`;
}

function brotli(text: string, window: number): Buffer {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_LGWIN]: window };
  return brotliCompressSync(text, { params });
}
