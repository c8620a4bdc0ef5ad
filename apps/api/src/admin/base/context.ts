import type {
  Admin,
  AdminRole,
  CurrentActivity,
  HubReporter,
  HubStatusReader,
  JobRunner,
  TailReaders,
} from '@currents/core';
import type { FastifyBaseLogger } from 'fastify';
import type { Ticket } from '../execution/admission.js';
import type { Pace } from '../execution/pacer.js';
import type { LoadNode } from './node.js';

/** What every resolver gets: the core's operations, and who asks. */
export interface AdminContext {
  readonly admin: Admin;
  readonly hubStatus: Pick<HubStatusReader, 'read'>;
  readonly hub: HubReporter;
  readonly adminTokenId: string;
  readonly role: AdminRole;
  /** Runs operations that may take long. */
  readonly jobs: JobRunner;
  readonly liveTail: TailReaders;
  readonly log: FastifyBaseLogger;
  /** Reads an object by its key, in batches. */
  readonly load: LoadNode;
  /** Reads the activity of a Current by its key, in batches. */
  readonly loadActivity: (currentKey: string) => Promise<CurrentActivity>;
  /** The `Idempotency-Key` header. */
  readonly idempotencyKey: string | undefined;
  readonly pace: Pace;
  readonly ticket: Ticket;
}
