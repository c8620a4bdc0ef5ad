import { memberKey, QuestionRefused, recordAuditEntry, userHash, type NewAuditEntry } from '@currents/core';
import type { MiddlewareFn } from 'type-graphql';
import { isProblem } from './base/answer.js';
import type { AdminContext } from './base/context.js';
import { encodeId, isNodeName, parseId } from './base/ids.js';

/**
 * Records every mutation in the audit log: what was done, to what, with which token and how it ended; and logs the same,
 * without the arguments.
 */
export const recordAudit: MiddlewareFn<AdminContext> = async ({ info, args, context }, next) => {
  const run = (): Promise<unknown> => next();
  if (info.parentType.name !== 'Mutation') return run();
  const record = async (answer: unknown, ended: Pick<NewAuditEntry, 'result' | 'succeeded'>): Promise<void> => {
    const targetId = targetOf(args, answer);
    const entry = { ...ended, action: info.fieldName, adminTokenId: context.adminTokenId, targetId };
    context.log.info({ event: 'audit.recorded', ...entry });
    // The arguments of a failed request may hold anything, such as a token in the wrong field.
    const given = ended.succeeded ? withoutSecrets(args, context.admin.seal) : undefined;
    await recordAuditEntry(context.admin, { ...entry, arguments: given }).catch((error: unknown) => {
      context.log.error(
        { event: 'audit.record_failed', ...entry, err: error },
        'an audit entry could not be stored; this log line is all there is of it',
      );
    });
  };
  let answer: unknown;
  try {
    answer = await run();
  } catch (error) {
    await record(undefined, { result: error instanceof QuestionRefused ? 'refused' : 'failed', succeeded: false });
    throw error;
  }
  const result = wordOf(answer, 'kind') ?? info.fieldName;
  await record(answer, { result, succeeded: !isProblem(info.schema.getType(result)) });
  return answer;
};

/** Credentials are the only secret that an admin passes. Of users, their number is enough: entries are kept for ever. */
function withoutSecrets(args: unknown, seal: AdminContext['admin']['seal']): Readonly<Record<string, unknown>> {
  return JSON.parse(
    JSON.stringify(args, (key, value: unknown) => {
      if (key === 'users' && Array.isArray(value)) return value.length;
      if (key in idKinds) return hashesOf(value, idKinds[key as keyof typeof idKinds], seal);
      return key === 'credentials' || key === 'confirmIds' ? undefined : value;
    }),
  ) as Readonly<Record<string, unknown>>;
}

/** Arguments that name users. */
const idKinds = { externalUserIds: 'e', deviceIds: 'd', userIds: 'u', aliases: 'a' } as const;

/** The log holds a keyed hash of a user id: an admin who knows the id can find the entry, and the log does not show it. */
function hashesOf(
  value: unknown,
  kind: (typeof idKinds)[keyof typeof idKinds],
  seal: AdminContext['admin']['seal'],
): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((each: unknown) => {
    const id = kind === 'a' ? memberKey({ alias: each as { label: string; name: string } }) : String(each);
    return userHash(seal, { kind, id });
  });
}

/** The id of the object in the payload, else the id in the input. */
function targetOf({ input }: { readonly input?: unknown }, answer: unknown): string | undefined {
  const values: readonly unknown[] =
    typeof answer === 'object' && answer !== null ? (Object.values(answer) as readonly unknown[]) : [];
  for (const value of values) {
    const [kind, id] = [wordOf(value, 'kind'), wordOf(value, 'id')];
    if (kind !== undefined && id !== undefined && isNodeName(kind)) return encodeId(kind, id);
  }
  const id = ['id', 'currentId', 'cohortId', 'segmentId'].map((name) => wordOf(input, name)).find((each) => each);
  return id !== undefined && parseId(id) ? id : undefined;
}

function wordOf(value: unknown, key: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const word = (value as Readonly<Record<string, unknown>>)[key];
  return typeof word === 'string' ? word : undefined;
}
