import { startFakeAmplitude } from '../fakes/amplitude/startFakeAmplitude.js';
import { startFakeMixpanel } from '../fakes/mixpanel/startFakeMixpanel.js';
import type { CurrentInput } from '../hub/adminClient.js';

/** A destination that pretends, and the Current that exports to it. */
export interface DemoPartner {
  readonly label: string;
  readonly current: CurrentInput;
  /** Ids of the events it shows, one for each copy that its own de-duplication leaves. */
  readonly shownIds: () => string[];
  /** What it was sent that a good client never sends. */
  readonly complaints: () => string[];
}

export interface DemoPartners {
  readonly list: readonly DemoPartner[];
  close(): Promise<void>;
}

const everything = { groups: ['behaviour', 'campaign', 'canvas', 'message'] };

export async function startPartners(): Promise<DemoPartners> {
  const mixpanel = await startFakeMixpanel({ projects: [{ projectId: '1001', token: 'demo-project-token' }] });
  const amplitude = await startFakeAmplitude({ projects: [{ apiKey: 'demo-api-key' }] });
  return {
    list: [
      {
        label: 'Mixpanel',
        current: {
          name: 'Everything to Mixpanel',
          contactEmail: 'growth@example.com',
          destination: 'mixpanel',
          settings: { region: 'us', baseUrl: mixpanel.url },
          credentials: { kind: 'projectToken', token: 'demo-project-token' },
          selection: everything,
        },
        shownIds: () => mixpanel.control.ledger(0).view.map(({ event }) => insertIdOf(event)),
        complaints: () => mixpanel.control.ledger(0).violations.map(({ code, detail }) => `${code}: ${detail}`),
      },
      {
        label: 'Amplitude',
        current: {
          name: 'Everything to Amplitude',
          contactEmail: 'growth@example.com',
          destination: 'amplitude',
          settings: { region: 'us', baseUrl: amplitude.url },
          credentials: { apiKey: 'demo-api-key' },
          selection: everything,
        },
        shownIds: () => amplitude.control.ledger(0).view.map(({ event }) => String(event['insert_id'])),
        complaints: () => amplitude.control.ledger(0).violations.map(({ code, detail }) => `${code}: ${detail}`),
      },
    ],
    async close() {
      await mixpanel.close();
      await amplitude.close();
    },
  };
}

function insertIdOf(event: Readonly<Record<string, unknown>>): string {
  return (event['properties'] as { readonly $insert_id: string }).$insert_id;
}
