import { createHash } from 'node:crypto';
import { startFakeReceiver, type FakeReceiver } from '../../src/fakes/receiver/startFakeReceiver.js';
import type { Destination } from './destinationHub.js';

/** A token, and a secret to sign with, which occur in no other text. */
export const receiverTokenOf = (project: string): string => createHash('md5').update(project).digest('hex');
export const signingSecretOf = (project: string): string =>
  `whsec_${createHash('sha256').update(`signs ${project}`).digest('base64')}`;

/** Receivers of events over HTTP; those named `signed…` ask for signatures. */
export const httpDestination: Destination<FakeReceiver['control']> = {
  name: 'http',
  start: (projects) =>
    startFakeReceiver({
      profile: { maxEvents: 1_000 },
      projects: projects.map((receiverId) => ({
        receiverId,
        token: receiverTokenOf(receiverId),
        ...(receiverId.startsWith('signed') && { signingSecret: signingSecretOf(receiverId) }),
      })),
    }),
  current: (fake, project) => ({
    settings: { url: `${fake.url}/events?app_group=shop`, eventsPerRequest: 1_000 },
    credentials: {
      token: receiverTokenOf(project),
      ...(project.startsWith('signed') && { signingSecret: signingSecretOf(project) }),
    },
  }),
  idOf: ({ event }) => String(event['id']),
};
