import { closeSync, fstatSync, openSync, writeSync } from 'node:fs';
import { CommandFailure, exitCodes } from '../failure.js';
import type { ShownSecret } from './plan/step.js';

export interface SecretsOut {
  write(secret: ShownSecret): void;
  close(): void;
}

/** A file for new secrets, one JSON object a line, that only its owner may read. It is created, or added to. */
export function openSecretsOut(path: string): SecretsOut {
  let file: number;
  try {
    file = openSync(path, 'a', 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandFailure(`the file of --secrets-out cannot be written: ${path} (${code})`, exitCodes.usage, {
      cause: error,
    });
  }
  const mode = fstatSync(file).mode & 0o777;
  if ((mode & 0o077) !== 0) {
    closeSync(file);
    throw new CommandFailure(
      `expected the file of --secrets-out to be readable by its owner alone, got the mode ${mode.toString(8)}: chmod 600 ${path}`,
      exitCodes.usage,
    );
  }
  return {
    write: (secret) => void writeSync(file, `${JSON.stringify(secret)}\n`),
    close: () => closeSync(file),
  };
}
