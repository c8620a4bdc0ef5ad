const separator = 0x1e;
const newline = 0x0a;
const blank = 0x20;

/**
 * Makes lines of a JSON text sequence (RFC 7464), in place: each of its texts begins with a record separator, and ends with
 * a newline. Only those at the beginning of a line are taken out: inside of a text they are a fault of that text.
 */
export function makeLines(chunks: readonly Buffer[]): void {
  let before = newline;
  for (const chunk of chunks) {
    for (let at = chunk.indexOf(separator); at >= 0; at = chunk.indexOf(separator, at + 1)) {
      const previous = at === 0 ? before : (chunk[at - 1] as number);
      if (previous === newline || previous === blank) chunk[at] = blank;
    }
    before = chunk.at(-1) ?? before;
  }
}
