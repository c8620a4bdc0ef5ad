import type { MiddlewareFn } from 'type-graphql';
import type { AdminContext } from './context.js';

/** Logs what an admin did, to what, with which token and how it ended; never what was given. */
export const noteDeeds: MiddlewareFn<AdminContext> = async ({ info, args, context }, next) => {
  const result: unknown = await next();
  if (info.parentType.name === 'Mutation') {
    context.log.info({
      event: 'admin.deed',
      deed: info.fieldName,
      adminTokenId: context.adminTokenId,
      ...subjectOf(args, result),
      result: wordOf(result, 'kind') ?? 'done',
    });
  }
  return result;
};

function subjectOf(args: object, result: unknown): { readonly id?: string } {
  const id = wordOf(args, 'id') ?? wordOf(args, 'currentId') ?? wordOf(result, 'id');
  return id === undefined ? {} : { id: id.slice(0, 40) };
}

function wordOf(value: unknown, key: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const word = (value as Readonly<Record<string, unknown>>)[key];
  return typeof word === 'string' ? word : undefined;
}
