import { isAscii } from 'node:buffer';

/** The text that these bytes are in UTF-8. Most are plain ASCII, which is found out and read several times as fast. */
export function decodeText(bytes: Buffer): string {
  return bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8');
}
