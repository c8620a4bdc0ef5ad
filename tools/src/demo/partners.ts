import { startFakeAmplitude, type FakeAmplitude } from '../fakes/amplitude/startFakeAmplitude.js';
import { startFakeBraze } from '../fakes/braze/startFakeBraze.js';
import { startFakeMixpanel, type FakeMixpanel } from '../fakes/mixpanel/startFakeMixpanel.js';

type Event = Readonly<Record<string, unknown>>;

/** A fake destination, and the Current that exports to it. */
export type DemoPartner = ReturnType<typeof partnerOf>;

export async function startPartners() {
  const mixpanel = await startFakeMixpanel({ projects: [{ projectId: '1001', token: 'demo-project-token' }] });
  const amplitude = await startFakeAmplitude({ projects: [{ apiKey: 'demo-api-key' }] });
  const braze = await startFakeBraze();
  const inProperties = (event: Event): unknown => (event['properties'] as Event)['$insert_id'];
  return {
    mixpanel,
    amplitude,
    braze,
    list: [
      partnerOf('Mixpanel', mixpanel, { kind: 'projectToken', token: 'demo-project-token' }, inProperties),
      partnerOf('Amplitude', amplitude, { apiKey: 'demo-api-key' }, (event) => event['insert_id']),
    ],
    async close(): Promise<void> {
      await mixpanel.close();
      await amplitude.close();
      await braze.close();
    },
  };
}

function partnerOf(
  label: string,
  { url, control }: FakeMixpanel | FakeAmplitude,
  credentials: Readonly<Record<string, string>>,
  insertIdOf: (event: Event) => unknown,
) {
  return {
    label,
    current: {
      name: `Everything to ${label}`,
      contactEmail: 'growth@example.com',
      destination: label.toLowerCase(),
      settings: { region: 'us', baseUrl: url },
      credentials,
      selection: { groups: ['behaviour', 'campaign', 'canvas', 'message'] },
    },
    /** Ids of the events that it stores, one for each copy after its de-duplication. */
    shownIds: () => control.ledger(0).view.map(({ event }) => String(insertIdOf(event))),
    /** The requests that violate its rules. */
    complaints: () => control.ledger(0).violations.map(({ code, detail }) => `${code}: ${detail}`),
  };
}
