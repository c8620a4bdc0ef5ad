import { createInterface } from 'node:readline';
import { printable } from './printable.js';

/** Standard output for results, standard error for everything else. */
export interface Terminal {
  /** Prints a result. */
  print(text: string): void;
  /** Prints a result as JSON: indented, or in one line. */
  printJson(value: unknown, indent?: number): void;
  /** Prints a note to the person at the terminal. */
  note(text: string): void;
  /** Asks, and returns the line that is typed, or undefined when the input ends. */
  ask(question: string): Promise<string | undefined>;
  /** Reads standard input to its end; at most about so many characters, so that more can be refused. */
  readInput(maxCharacters: number): Promise<string>;
  /** Whether notes are read by a person, so that a progress bar makes sense. */
  readonly isInteractive: boolean;
}

export function openTerminal(): Terminal {
  // A reader such as `head` has read enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
  const note = (text: string): void => void process.stderr.write(`${printable(text)}\n`);
  return {
    print: (text) => void process.stdout.write(`${printable(text)}\n`),
    printJson: (value, indent = 2) => void process.stdout.write(`${printable(JSON.stringify(value, null, indent))}\n`),
    note,
    async ask(question) {
      process.stderr.write(printable(question));
      const lines = createInterface({ input: process.stdin, terminal: false });
      try {
        for await (const line of lines) return line.trim();
        note('');
        return undefined;
      } finally {
        lines.close();
        process.stdin.pause();
      }
    },
    async readInput(maxCharacters) {
      process.stdin.setEncoding('utf8');
      let text = '';
      for await (const chunk of process.stdin) {
        text += String(chunk);
        if (text.length > maxCharacters) break;
      }
      return text;
    },
    isInteractive: process.stderr.isTTY,
  };
}
