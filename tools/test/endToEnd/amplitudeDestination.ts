import { startFakeAmplitude, type FakeAmplitude } from '../../src/fakes/amplitude/startFakeAmplitude.js';
import { apiKeyOf, insertIdOf, secretKeyOf } from './amplitudeHub.js';
import type { Destination } from './destinationHub.js';

/** Amplitude in its US region. */
export const amplitudeDestination: Destination<FakeAmplitude['control']> = {
  name: 'amplitude',
  start: (projects) =>
    startFakeAmplitude({
      projects: projects.map((projectId) => ({
        projectId,
        apiKey: apiKeyOf(projectId),
        secretKey: secretKeyOf(projectId),
      })),
    }),
  current: (fake, project) => ({
    settings: { region: 'us', baseUrl: fake.url },
    credentials: { apiKey: apiKeyOf(project), secretKey: secretKeyOf(project) },
  }),
  idOf: insertIdOf,
};
