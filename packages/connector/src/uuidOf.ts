import { createHash } from 'node:crypto';

const uuidForm = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
/** The namespace of ids of events (RFC 9562, 6.6); drawn once. It can never change: partners recognise events by it. */
const namespace = Buffer.from('5b0c7d3e9a414f6c8e2d7146f0b39ac8', 'hex');

/** The id of an event if it is a UUID, otherwise the UUID version 5 of it (RFC 9562, 5.5): the same for the same id. */
export function uuidOf(id: string): string {
  if (uuidForm.test(id)) return id;
  const bytes = createHash('sha1').update(namespace).update(id).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
