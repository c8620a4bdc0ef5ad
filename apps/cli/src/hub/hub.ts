import type { Connection } from '../config.js';
import { CommandFailure, exitCodes } from '../failure.js';
import { readEventStream } from './eventStream.js';

export type Variables = Readonly<Record<string, unknown>>;

export interface AskOptions {
  /** Of a mutation that creates something: the same key is answered with the same answer. */
  readonly idempotencyKey?: string | undefined;
}

/** The GraphQL API of a hub. Both functions throw `CommandFailure` when the hub refuses or does not answer. */
export interface Hub {
  readonly url: string;
  ask<Answer>(document: string, variables?: Variables, options?: AskOptions): Promise<Answer>;
  /** Follows a subscription until the hub ends it, or the signal does. */
  follow<Answer>(
    document: string,
    variables: Variables,
    options: { readonly signal: AbortSignal; readonly onAnswer: (answer: Answer) => void },
  ): Promise<void>;
}

interface Result<Answer> {
  readonly data?: Answer | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** A costly query waits up to 10 s for others, and a request to a partner takes up to 20 s. */
const answerMs = 60_000;

export function openHub({ url, token }: Connection): Hub {
  async function post(
    document: string,
    variables: Variables,
    options: AskOptions & { readonly accept: string; readonly signal: AbortSignal },
  ) {
    return fetch(`${url}/graphql`, {
      method: 'POST',
      // The token is for this address only.
      redirect: 'manual',
      headers: {
        accept: options.accept,
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        ...(options.idempotencyKey !== undefined && { 'idempotency-key': options.idempotencyKey }),
      },
      body: JSON.stringify({ query: document, variables }),
      signal: options.signal,
    }).catch((error: unknown) => {
      throw unreachable(url, error);
    });
  }

  return {
    url,
    async ask<Answer>(document: string, variables: Variables = {}, options: AskOptions = {}) {
      const response = await post(document, variables, {
        ...options,
        accept: 'application/json',
        signal: AbortSignal.timeout(answerMs),
      });
      return dataOf((await readJson(response, url)) as Result<Answer>);
    },
    async follow<Answer>(
      document: string,
      variables: Variables,
      { signal, onAnswer }: { readonly signal: AbortSignal; readonly onAnswer: (answer: Answer) => void },
    ) {
      try {
        const response = await post(document, variables, { accept: 'text/event-stream', signal });
        const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
        if (!isStream || !response.body) return void dataOf((await readJson(response, url)) as Result<Answer>);
        for await (const { event, data } of readEventStream(response.body))
          if (event === 'next') onAnswer(dataOf(JSON.parse(data) as Result<Answer>));
      } catch (error) {
        if (signal.aborted) return;
        throw error instanceof CommandFailure ? error : unreachable(url, error);
      }
    },
  };
}

/** The body of an answer; throws when the hub refused the request as a whole. */
async function readJson(response: Response, url: string): Promise<unknown> {
  const body: unknown = await response.json().catch(() => undefined);
  const { status } = response;
  const problem = (body ?? {}) as { readonly detail?: unknown; readonly errors?: unknown; readonly data?: unknown };
  if (typeof problem.detail === 'string')
    throw new CommandFailure(
      `the hub answered ${status}: ${problem.detail}${status === 401 ? '; give a valid admin token in CURRENTS_TOKEN, or --token-file' : ''}`,
      exitCodes.unreachable,
    );
  if (problem.errors === undefined && problem.data === undefined)
    throw new CommandFailure(
      `expected the answer of a hub from ${url}, got ${status} without one; set --url or CURRENTS_URL to the address of its api`,
      exitCodes.unreachable,
    );
  return body;
}

const negative = new Set<string | undefined>(['FORBIDDEN', 'BAD_USER_INPUT', 'INVALID_ID', 'WRONG_ID_TYPE']);

function dataOf<Answer>({ data, errors = [] }: Result<Answer>): Answer {
  const [first] = errors;
  if (first) {
    const isNegative = errors.every(({ extensions }) => negative.has(extensions?.code));
    const message = errors.map((error) => error.message).join('; ');
    throw new CommandFailure(`the hub refused: ${message}`, isNegative ? exitCodes.negative : exitCodes.unreachable);
  }
  if (data === undefined || data === null)
    throw new CommandFailure('expected data in the answer of the hub, got none', exitCodes.unreachable);
  return data;
}

function unreachable(url: string, error: unknown): CommandFailure {
  const { name, cause } = error as Error;
  const { code: errno, message } = (cause ?? {}) as Partial<NodeJS.ErrnoException>;
  const code = name === 'TimeoutError' ? `no answer in ${answerMs / 1000} s` : (errno ?? message);
  return new CommandFailure(
    `the hub does not answer at ${url}${code ? ` (${code})` : ''}; start it, or set --url or CURRENTS_URL to its address`,
    exitCodes.unreachable,
    { cause: error },
  );
}
