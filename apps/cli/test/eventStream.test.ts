import { expect, it } from 'vitest';
import { readEventStream, type StreamMessage } from '../src/hub/eventStream.js';

it('messages are read wherever their bytes are cut', async () => {
  const bytes = new TextEncoder().encode(':\n\nevent: next\ndata: {"name":"é🎉"}\n\n:\n\nevent: complete\ndata: \n\n');
  for (const size of [1, 2, 7, bytes.length]) {
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
    }
    const messages: StreamMessage[] = [];
    for await (const message of readEventStream(chunks())) messages.push(message);
    expect(messages).toEqual([
      { event: 'next', data: '{"name":"é🎉"}' },
      { event: 'complete', data: '' },
    ]);
  }
});
