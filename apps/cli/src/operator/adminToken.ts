import {
  ConfigInvalid,
  createAdminTokenIn,
  OperatorError,
  readVariables,
  sharedVariables,
  survivingLostConnections,
  type AdminRole,
} from '@currents/core';
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
  try {
    const { DATABASE_URL } = readVariables({ DATABASE_URL: sharedVariables.DATABASE_URL }, environment);
    const end = expiresAt === undefined ? undefined : new Date(expiresAt);
    const made = await survivingLostConnections(() => createAdminTokenIn(DATABASE_URL, { name, role, expiresAt: end }));
    if (made.kind === 'InputInvalid') throw new CommandFailure(made.message, exitCodes.usage);
    return made.token;
  } catch (error) {
    if (error instanceof ConfigInvalid) throw new CommandFailure(error.message, exitCodes.usage, { cause: error });
    if (error instanceof OperatorError) throw new CommandFailure(error.message, exitCodes.negative, { cause: error });
    throw error;
  }
}
