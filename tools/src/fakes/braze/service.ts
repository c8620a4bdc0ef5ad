import { decided, type Dialect, type FakeRequest, type PartnerService } from '../exchange.js';
import { badRequest, forbidden, notFound, throttled, unauthorised } from './answers.js';
import { createTrack } from './track.js';
import type { Tracking, WorkspaceState } from './workspace.js';

/** Braze's REST API, as far as segments need it. */
export function createBrazeService(shared: Tracking): PartnerService {
  const track = createTrack(shared);
  const { profile, workspaces } = shared;

  const workspaceOf = ({ headers }: FakeRequest): WorkspaceState | undefined => {
    const [, key] = /^Bearer (\S+)$/.exec(headers.authorization ?? '') ?? [];
    return key === undefined ? undefined : workspaces().find(({ keys }) => keys.has(key));
  };

  const dialect: Dialect = {
    revoked: () => unauthorised,
    refusedWithoutDetails: () => badRequest('Bad Request'),
    forbidden: () => forbidden,
    gzipRefused: (status) => ({ ...badRequest('unsupported content encoding'), status }),
    tooManyRequests: (request) => throttled(1, request.receivedAt, profile()),
  };

  return {
    projectInHeaders: true,
    // Braze names none; a client that is so far above its peers would be throttled.
    maxInFlight: 20,
    dialect,
    projectOf: (request) => workspaceOf(request)?.workspaceId,
    idsOf: () => [],
    eventCountOf: () => 0,
    decide(request) {
      if (request.path !== '/users/track' || request.method !== 'POST') return decided(request, notFound, 'path');
      const workspace = workspaceOf(request);
      if (!workspace) return decided(request, profile().badKey === 404 ? notFound : unauthorised, 'key');
      if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
        return decided(request, badRequest('expected application/json'), 'content type');
      if (request.headers['content-encoding'] !== undefined)
        return decided(request, badRequest('expected no content encoding'), 'encoding');
      return track(request, workspace);
    },
  };
}
