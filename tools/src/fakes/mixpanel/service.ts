import { decided, type Dialect, type FakeRequest, type PartnerService } from '../exchange.js';
import { inflate } from '../inflate.js';
import { badRequest, forbidden, notFound, rateLimited, unauthorised } from './answers.js';
import { authorise } from './authorise.js';
import { createEngage } from './engage.js';
import { createImport } from './importEvents.js';
import type { Ingestion } from './project.js';
import { insertIdsOf, mediaTypeOf, readRecords } from './records.js';
import { createQueryApi } from './queryApi.js';
import { createTrack } from './track.js';

const dialect: Dialect = {
  revoked: () => unauthorised,
  refusedWithoutDetails: () => badRequest('invalid request'),
  forbidden,
  gzipRefused: (status) => ({ ...badRequest('unsupported content encoding'), status }),
  tooManyRequests: () => rateLimited(),
};

/** Mixpanel's ingestion host, /import, /engage and /track, and its Query API. */
export function createMixpanelService(shared: Omit<Ingestion, 'keepRecords'>): PartnerService {
  const parsed = new WeakMap<FakeRequest, readonly unknown[]>();
  const ingestion: Ingestion = { ...shared, keepRecords: (request, records) => parsed.set(request, records) };
  const importEvents = createImport(ingestion);
  const engage = createEngage(ingestion);
  const track = createTrack(ingestion);
  const query = createQueryApi(shared.clock, shared.profile, shared.projects);

  const recordsOf = (request: FakeRequest): readonly unknown[] => {
    const records = parsed.get(request) ?? peek(request);
    parsed.set(request, records);
    return records;
  };

  return {
    projectInHeaders: true,
    // Mixpanel, Import Events reference: 10 to 20 concurrent clients.
    maxInFlight: 20,
    dialect,
    projectOf(request) {
      const access = authorise(request, shared.projects());
      return access.kind === 'refused' ? undefined : access.state.project.projectId;
    },
    idsOf: (request) => insertIdsOf(recordsOf(request)),
    eventCountOf: (request) => recordsOf(request).length,
    decide(request, conditions) {
      if (request.path === '/import') return importEvents(request, conditions);
      if (request.path === '/engage') return engage(request, conditions);
      if (request.path === '/track') return track(request);
      if (request.path.startsWith('/api/query/')) return query.decide(request);
      return decided(request, notFound, 'path');
    },
    left: query.left,
  };
}

const peeked: ReadonlySet<string> = new Set(['/import', '/engage']);

/** The readable records of a body, for faults and for the events of a refused request. */
function peek(request: FakeRequest): readonly unknown[] {
  const inflated = inflate(request.body, request.headers['content-encoding']);
  if ('refused' in inflated || !peeked.has(request.path)) return [];
  return readRecords(inflated.bytes, mediaTypeOf(request.headers['content-type']) ?? 'json')?.records ?? [];
}
