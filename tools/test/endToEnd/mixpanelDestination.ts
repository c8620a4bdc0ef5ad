import { startFakeMixpanel, type FakeMixpanel } from '../../src/fakes/mixpanel/startFakeMixpanel.js';
import type { Destination } from './destinationHub.js';
import { idOf } from './shown.js';
import { tokenOf } from './testEnvironment.js';

/** Mixpanel in its US region. */
export const mixpanelDestination: Destination<FakeMixpanel['control']> = {
  name: 'mixpanel',
  start: (projects) =>
    startFakeMixpanel({ projects: projects.map((projectId) => ({ projectId, token: tokenOf(projectId) })) }),
  current: (fake, project) => ({
    settings: { region: 'us', baseUrl: fake.url },
    credentials: { kind: 'projectToken', token: tokenOf(project) },
  }),
  idOf,
};
