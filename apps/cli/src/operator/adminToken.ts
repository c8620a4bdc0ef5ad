import { createAdminTokenIn, OperatorError, type AdminRole } from '@currents/core';
import { CommandFailure, exitCodes } from '../failure.js';

interface NewAdminToken {
  readonly name: string;
  readonly role: AdminRole;
  /** In ISO 8601; undefined: it does not end. */
  readonly expiresAt: string | undefined;
}

/** Makes an admin token in the database, and returns it. Throws `CommandFailure`. */
export async function makeAdminToken(
  environment: NodeJS.ProcessEnv,
  { name, role, expiresAt }: NewAdminToken,
): Promise<string> {
  const databaseUrl = environment['DATABASE_URL'];
  if (!databaseUrl)
    throw new CommandFailure('DATABASE_URL is missing; set it to the database of the hub', exitCodes.usage);
  try {
    const end = expiresAt === undefined ? undefined : new Date(expiresAt);
    const made = await createAdminTokenIn(databaseUrl, { name, role, expiresAt: end });
    if (made.kind === 'InputInvalid') throw new CommandFailure(made.message, exitCodes.usage);
    return made.token;
  } catch (error) {
    if (error instanceof OperatorError) throw new CommandFailure(error.message, exitCodes.negative, { cause: error });
    throw error;
  }
}
