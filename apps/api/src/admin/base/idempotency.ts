import { runOnce } from '@currents/core';
import { GraphQLError } from 'graphql';
import type { MiddlewareFn } from 'type-graphql';
import { isProblem } from './answer.js';
import type { AdminContext } from './context.js';

/**
 * Lets every `create…` mutation be repeated under the request's `Idempotency-Key`: the same key and arguments get the
 * same answer for 24 hours. A problem is not kept, so that the key can be used again once the input is mended.
 */
export const answerRepeats: MiddlewareFn<AdminContext> = async ({ info, args, context }, next) => {
  const { admin, adminTokenId, idempotencyKey } = context;
  const run = (): Promise<unknown> => next();
  const isCreate = info.parentType.name === 'Mutation' && info.fieldName.startsWith('create');
  if (idempotencyKey === undefined || !isCreate) return run();
  if (!/^[\x21-\x7e]{1,200}$/.test(idempotencyKey))
    throw new GraphQLError('Idempotency-Key: expected 1 to 200 characters of ASCII without spaces', {
      extensions: { code: 'BAD_USER_INPUT' },
    });
  // Two mutations of one request are two requests.
  const key = `${idempotencyKey} ${info.path.key}`;
  const done = await runOnce<unknown>(
    admin,
    { adminTokenId, key, mutation: info.fieldName, args },
    run,
    (answer) => !isProblem(info.schema.getType((answer as { readonly kind?: string }).kind ?? '')),
  );
  switch (done.outcome) {
    case 'answered':
      return done.answer;
    case 'reused':
      return {
        kind: 'IdempotencyKeyReused',
        message: 'Idempotency-Key: expected the request that it was first sent with, got another one',
      };
    case 'inUse':
      return {
        kind: 'IdempotencyKeyInUse',
        message: 'Idempotency-Key: the first request with this key is still under way',
      };
  }
};
