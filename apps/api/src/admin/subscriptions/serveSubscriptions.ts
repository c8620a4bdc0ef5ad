import { hasRole, type ValidAdminToken } from '@currents/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  createSourceEventStream,
  execute,
  type ExecutionResult,
  type FormattedExecutionResult,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from 'graphql';
import type { AdminContext } from '../base/context.js';
import type { createErrorFormat } from '../errors.js';
import { writeAnswer } from '../execution/writeAnswer.js';
import { signInAgainMs as defaultMs } from '../../adminSignIn.js';
import type { RecordForbidden } from '../recordForbidden.js';
import { refuse, type Refusal } from '../../problem.js';
import { checkSubscription, type CheckedSubscription } from './checkSubscription.js';
import { openEventStream, type EventStream } from './eventStream.js';

interface SubscriptionDeps {
  readonly schema: GraphQLSchema;
  readonly recordForbidden: RecordForbidden;
  readonly formatError: ReturnType<typeof createErrorFormat>;
  /** A session that has ended, or a token that was revoked, is noticed within this time; by default two seconds. */
  readonly signInAgainMs?: number | undefined;
}

export interface Subscriber {
  /** A context for each update: it caches what it reads. */
  readonly openContext: () => AdminContext;
  /** Whether the caller may still read, or why not. */
  readonly signInAgain: () => Promise<ValidAdminToken | Refusal>;
}

/** A stream ends after this time; a client that still reads it asks again. */
const maxStreamMs = 30 * 60_000;

export type ServeSubscription = ReturnType<typeof createSubscriptions>;

/** Whether a request asks for a stream instead of one answer. */
export function wantsStream({ headers }: FastifyRequest): boolean {
  return /(^|,)\s*text\/event-stream\s*(;|,|$)/i.test(headers.accept ?? '');
}

/**
 * Answers subscriptions by GraphQL over SSE, distinct connections mode
 * (https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md). What is wrong with one is its only result. An update
 * is made only once the reader has taken the one before.
 */
export function createSubscriptions(deps: SubscriptionDeps) {
  const { schema, formatError, signInAgainMs = defaultMs } = deps;

  return async (
    reply: FastifyReply,
    body: unknown,
    { openContext, signInAgain }: Subscriber,
  ): Promise<FastifyReply> => {
    const context = openContext();
    if (context.liveTail.isStopped) return refuse(reply, stopping);
    const checked = await checkSubscription(body, context, deps);
    if (!('document' in checked)) return answerOnce(reply, { errors: checked });
    const source = await createSourceEventStream(argumentsOf(checked, context));
    if (!(Symbol.asyncIterator in source)) {
      const isFull = source.errors?.some(({ extensions }) => extensions['code'] === 'TOO_MANY_REQUESTS');
      if (isFull) return refuse(reply, { code: 'TOO_MANY_REQUESTS', detail: source.errors?.[0]?.message ?? '' });
      return answerOnce(reply, source);
    }
    const updates = source[Symbol.asyncIterator]();
    const close = (): void => void updates.return?.();
    const stream = openEventStream(reply, close);
    let ending: Refusal | undefined;
    const endWith = (refusal?: Refusal): void => {
      ending ??= refusal;
      close();
    };
    const signIn = setInterval(
      () =>
        void signInAgain().then((found) => {
          if ('code' in found) endWith(found);
          else if (!hasRole(found.role, context.role)) endWith(roleChanged);
        }),
      signInAgainMs,
    );
    const end = setTimeout(endWith, maxStreamMs);
    try {
      for (let next = await updates.next(); !next.done; next = await updates.next()) {
        const rootValue: unknown = next.value;
        const result = await execute({ ...argumentsOf(checked, openContext()), rootValue });
        if (!(await sendResult(stream, result))) return reply;
      }
      const stopped = context.liveTail.isStopped ? stopping : ending;
      if (stopped) await sendFormatted(stream, { errors: [asError(stopped)] });
      await stream.send('complete', '');
    } finally {
      clearInterval(signIn);
      clearTimeout(end);
      close();
      stream.end();
    }
    return reply;
  };

  function argumentsOf({ document, operationName, variables }: CheckedSubscription, contextValue: AdminContext) {
    return { schema, document, contextValue, variableValues: variables, operationName: operationName ?? null };
  }

  async function answerOnce(reply: FastifyReply, result: ExecutionResult): Promise<FastifyReply> {
    const stream = openEventStream(reply, () => undefined);
    await sendResult(stream, result);
    await stream.send('complete', '');
    stream.end();
    return reply;
  }

  async function sendResult(stream: EventStream, { data, errors }: ExecutionResult): Promise<boolean> {
    const formatted: FormattedExecutionResult = {
      ...(errors && { errors: errors.map((error) => formatError(error.toJSON(), error)) }),
      ...(data !== undefined && { data: data }),
    };
    return sendFormatted(stream, formatted);
  }
}

async function sendFormatted(stream: EventStream, result: FormattedExecutionResult): Promise<boolean> {
  return stream.send('next', (await writeAnswer(result)).trimEnd());
}

const stopping: Refusal = { code: 'UNAVAILABLE', detail: 'the api is stopping; ask again' };
const roleChanged: Refusal = { code: 'TOKEN_UNKNOWN', detail: 'the role of this admin token has changed; ask again' };

function asError({ code, detail }: Refusal): GraphQLFormattedError {
  return { message: detail, extensions: { code } };
}
