import type { Admin } from '@currents/core';
import type { FastifyBaseLogger } from 'fastify';

/** What every resolver is handed: the core's handle, and who asks. */
export interface AdminContext {
  readonly admin: Admin;
  readonly adminTokenId: string;
  readonly log: FastifyBaseLogger;
}
