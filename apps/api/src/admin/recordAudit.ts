import { recordAuditEntry, QuestionRefused, type AuditEntry } from '@currents/core';
import { isObjectType } from 'graphql';
import type { MiddlewareFn } from 'type-graphql';
import type { AdminContext } from './base/context.js';

type Noted = Omit<AuditEntry, 'id' | 'at'>;

/**
 * Keeps what an admin did, to what, with which token and how it ended, where other admins can see it; and logs the same,
 * but for what was given.
 */
export const recordAudit: MiddlewareFn<AdminContext> = async ({ info, args, context }, next) => {
  const act = (): Promise<unknown> => next();
  if (info.parentType.name !== 'Mutation') return act();
  const note = async (result: unknown, more: Pick<Noted, 'result' | 'done'>): Promise<void> => {
    const subjectId = subjectOf(args, result);
    const deed = {
      deed: info.fieldName,
      adminTokenId: context.adminTokenId,
      ...(subjectId !== undefined && { id: subjectId }),
      result: more.result,
    };
    context.log.info({ event: 'admin.deed', ...deed });
    // What was refused may hold anything; of what was done, the API shows the same elsewhere.
    const given = more.done ? withoutSecrets(args) : undefined;
    await recordAuditEntry(context.admin, {
      ...more,
      deed: info.fieldName,
      adminTokenId: context.adminTokenId,
      subjectId,
      given,
    }).catch((error: unknown) => {
      context.log.error(
        { event: 'admin.deed_not_kept', ...deed, err: error },
        'what an admin did is in this log alone',
      );
    });
  };
  let result: unknown;
  try {
    result = await act();
  } catch (error) {
    await note(undefined, { result: error instanceof QuestionRefused ? 'refused' : 'failed', done: false });
    throw error;
  }
  const kind = wordOf(result, 'kind') ?? 'done';
  const type = info.schema.getType(kind);
  await note(result, {
    result: kind,
    done: !(isObjectType(type) && type.getInterfaces().some(({ name }) => name === 'Problem')),
  });
  return result;
};

/** Credentials are the only thing an admin gives that never comes out again. */
function withoutSecrets(given: unknown): Readonly<Record<string, unknown>> {
  return JSON.parse(
    JSON.stringify(given, (key, value: unknown) => (key === 'credentials' ? undefined : value)),
  ) as Readonly<Record<string, unknown>>;
}

/** What a deed was done to: as it was given, or, of something new, as it was answered. */
function subjectOf(args: object, result: unknown): string | undefined {
  const answers: readonly unknown[] = [
    result,
    ...(typeof result === 'object' && result !== null ? (Object.values(result) as readonly unknown[]) : []),
  ];
  const given = ['id', 'cohortId', 'currentId'].map((name) => wordOf(args, name));
  const id = [
    ...given,
    ...answers.map((answer) => wordOf(answer, 'id') ?? wordOf(answer, 'cohortId')),
    wordOf(args, 'segmentId'),
  ].find((word) => word !== undefined);
  return id?.slice(0, 40);
}

function wordOf(value: unknown, key: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const word = (value as Readonly<Record<string, unknown>>)[key];
  return typeof word === 'string' ? word : undefined;
}
