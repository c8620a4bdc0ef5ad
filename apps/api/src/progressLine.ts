/** How often a line is written where no person watches, such as the log of a scheduled job. */
const logEveryMs = 10_000;
const terminalEveryMs = 200;

export interface ProgressLine {
  show(text: string): void;
  /** Ends the line, so that what follows begins a new one. */
  end(): void;
}

/** Shows how far a long program is on standard error: in one line of a terminal, or as a line every ten seconds. */
export function openProgressLine(stream: NodeJS.WriteStream = process.stderr): ProgressLine {
  const everyMs = stream.isTTY ? terminalEveryMs : logEveryMs;
  let shownAt = performance.now() - (stream.isTTY ? everyMs : 0);
  let isOpen = false;
  return {
    show(text) {
      if (performance.now() - shownAt < everyMs) return;
      shownAt = performance.now();
      stream.write(stream.isTTY ? `\r\u001b[K${text}` : `${text}\n`);
      isOpen = stream.isTTY;
    },
    end() {
      if (isOpen) stream.write('\r\u001b[K');
      isOpen = false;
    },
  };
}

/** Bytes in megabytes, for people. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
