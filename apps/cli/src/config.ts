import { readFileSync } from 'node:fs';
import { CommandFailure, exitCodes } from './failure.js';

/** Where the hub is, and the token to use there. */
export interface Connection {
  /** Without a slash at its end, such as `http://127.0.0.1:4000`. */
  readonly url: string;
  readonly token: string;
}

export interface ConnectionOptions {
  readonly url?: string;
  readonly tokenFile?: string;
}

const defaultUrl = 'http://127.0.0.1:4000';

/**
 * The connection that options or, without them, the variables `CURRENTS_URL` and `CURRENTS_TOKEN` name. A token is never an
 * option: every account of a machine sees the arguments of a process. Throws `CommandFailure`, whose message repeats no token.
 */
export function readConnection(options: ConnectionOptions, environment: NodeJS.ProcessEnv): Connection {
  return {
    url: readUrl(options.url ?? (environment['CURRENTS_URL'] || defaultUrl)),
    token:
      options.tokenFile === undefined
        ? readToken(environment['CURRENTS_TOKEN'] ?? '', 'the variable CURRENTS_TOKEN')
        : readToken(readTokenFile(options.tokenFile), `the file ${options.tokenFile}`),
  };
}

function readUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw usage(`expected --url or CURRENTS_URL to be an address such as ${defaultUrl}, got another text`);
  if (url.username || url.password)
    throw usage('expected --url or CURRENTS_URL without a user and a password; the token has a variable of its own');
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

function readTokenFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw usage(`the file of --token-file cannot be read: ${path} (${code})`, error);
  }
}

function readToken(text: string, origin: string): string {
  const token = text.trim();
  if (token === '')
    throw usage(
      `expected an admin token in ${origin}, got none; set CURRENTS_TOKEN, or --token-file to a file with one`,
    );
  if (!/^[A-Za-z0-9\-._~+/]+=*$/.test(token))
    throw usage(`expected an admin token and nothing else in ${origin}, got characters that no token has`);
  return token;
}

function usage(message: string, cause?: unknown): CommandFailure {
  return new CommandFailure(message, exitCodes.usage, { cause });
}
