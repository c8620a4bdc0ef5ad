import type { Registry } from 'prom-client';

/** An answer up to this length is written anew for every scrape. */
const smallLength = 100_000;
/** A longer one is answered again for a millisecond for each of these characters, ten times as long as writing it takes. */
const lengthPerMs = 1_000;

/**
 * Returns the text of all metrics. Scrapes need no token and write a series for each Current, so those that come while a
 * text is being written get the same one, and a long text is answered for a while.
 * @param clock the time in milliseconds.
 */
export function createScrape(registry: Pick<Registry, 'metrics'>, clock = (): number => performance.now()) {
  let last = { text: '', untilMs: -Infinity };
  let writing: Promise<string> | undefined;

  async function write(): Promise<string> {
    try {
      const text = await registry.metrics();
      if (text.length > smallLength) last = { text, untilMs: clock() + text.length / lengthPerMs };
      return text;
    } finally {
      writing = undefined;
    }
  }

  return async (): Promise<string> => {
    if (clock() < last.untilMs) return last.text;
    writing ??= write();
    return writing;
  };
}
