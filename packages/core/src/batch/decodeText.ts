import { isAscii } from 'node:buffer';

/** Decodes UTF-8. Most texts are ASCII, and Latin-1 decodes these several times as fast. */
export function decodeText(bytes: Buffer): string {
  return bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8');
}
