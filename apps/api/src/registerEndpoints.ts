import type { FastifyInstance } from 'fastify';
import { registerAdmin, type AdminDeps } from './admin/register.js';
import type { AdminSignIn } from './adminSignIn.js';
import { registerCohorts, type CohortDeps } from './cohorts.js';
import { registerConsoleFiles } from './console/files.js';
import { registerConsoleSession } from './console/session.js';
import { registerIngest, type IngestDeps } from './ingest.js';
import { registerDescription } from './openapi/register.js';
import { registerSegments } from './segments.js';

export interface EndpointDeps {
  readonly events: IngestDeps;
  readonly cohorts: CohortDeps;
  readonly admin: Omit<AdminDeps, keyof AdminSignIn>;
  readonly signIn: Required<AdminSignIn>;
  /** Where `npm run build` has put the console. */
  readonly consoleDirectory: string;
}

/** Every endpoint of the api beside those of `createServer`. Each is described in `openapi/`. */
export async function registerEndpoints(app: FastifyInstance, deps: EndpointDeps): Promise<void> {
  const { admin } = deps.admin;
  registerIngest(app, deps.events);
  registerCohorts(app, deps.cohorts);
  registerSegments(app, { ...deps.signIn, admin });
  await registerAdmin(app, { ...deps.signIn, ...deps.admin });
  registerConsoleSession(app, { ...deps.signIn, admin });
  await registerConsoleFiles(app, deps.consoleDirectory);
  registerDescription(app, deps.cohorts.connectors);
}
