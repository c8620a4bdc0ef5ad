import { createHash } from 'node:crypto';
import { startFakePostHog, type FakePostHog } from '../../src/fakes/posthog/startFakePostHog.js';
import type { Destination } from './destinationHub.js';

/** A token in the form of PostHog, which occurs in no other text. */
export const projectTokenOf = (project: string): string =>
  `phc_${createHash('sha256').update(project).digest('hex').slice(0, 43)}`;

/** PostHog in its US region. */
export const posthogDestination: Destination<FakePostHog['control']> = {
  name: 'posthog',
  start: (projects) =>
    startFakePostHog({ projects: projects.map((projectId) => ({ projectId, token: projectTokenOf(projectId) })) }),
  current: (fake, project) => ({
    settings: { region: 'us', baseUrl: fake.url },
    credentials: { projectToken: projectTokenOf(project) },
  }),
  idOf: ({ event }) => String(event['uuid']),
};
