import type { Fake } from '../../src/fakes/fake.js';
import type { FaultRule } from '../../src/fakes/faults/rule.js';
import type { LedgerSnapshot, StoredEvent, Summary } from '../../src/fakes/ledger.js';
import { createAdminClient, databaseKey, type AdminClient } from '../../src/hub/adminClient.js';
import { startTestHub, type TestHub } from './testHub.js';

/** The control functions of a fake that the suites for all destinations use. */
interface SuiteControl {
  addFault(rule: FaultRule): string;
  removeFault(id: string): boolean;
  ledger(since?: number): LedgerSnapshot;
  summary(): Summary;
  body(seq: number): Uint8Array | undefined;
  reset(): void;
}

/** A destination under test: its fake partner, and how a Current for one of the fake's projects is created. */
export interface Destination<Control extends SuiteControl = SuiteControl> {
  readonly name: string;
  /** Starts the fake with these projects. */
  start(projects: readonly string[]): Promise<Fake<Control>>;
  current(
    fake: Fake<Control>,
    project: string,
  ): {
    readonly settings: Readonly<Record<string, unknown>>;
    readonly credentials: Readonly<Record<string, unknown>>;
  };
  /** The id that the fake has stored an event under. */
  idOf(copy: StoredEvent): string;
}

export interface DestinationCurrent {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly credentials?: Readonly<Record<string, unknown>>;
  /** Names of event types; all event types when absent. */
  readonly eventTypes?: readonly string[];
  /** The name of the Current; default: that of the project. */
  readonly name?: string;
}

/** A hub in separate processes, and the fake partner of one destination. */
export interface DestinationHub<Control extends SuiteControl = SuiteControl> extends Omit<
  TestHub,
  'launch' | 'mixpanel'
> {
  readonly fake: Fake<Control>;
  readonly client: AdminClient;
  /** Launches a Current for one of the fake's projects. */
  launch(project: string, current?: DestinationCurrent): Promise<number>;
  /** The number of stored copies of each event of a project, by id. */
  shown(ledger: Pick<LedgerSnapshot, 'view'>, project: string): ReadonlyMap<string, number>;
}

export const everything = { groups: ['behaviour', 'campaign', 'canvas', 'message', 'other'] };

export async function startDestinationHub<Control extends SuiteControl>(
  destination: Destination<Control>,
  projects: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<DestinationHub<Control>> {
  const fake = await destination.start(projects);
  const { launch: _toMixpanel, mixpanel: _mixpanel, ...hub } = await startTestHub({ projects: [], environment });
  const client = createAdminClient(hub.hub.api.url, hub.hub.adminToken ?? '');
  return {
    ...hub,
    fake,
    client,
    async launch(project, { settings, credentials, eventTypes, name = project } = {}) {
      const usual = destination.current(fake, project);
      const id = await client.launchCurrent(
        {
          name,
          contactEmail: 'admin@example.com',
          destination: destination.name,
          settings: { ...usual.settings, ...settings },
          credentials: { ...usual.credentials, ...credentials },
          selection: eventTypes === undefined ? everything : { eventTypes },
        },
        { skipTest: true },
      );
      return databaseKey(id);
    },
    shown({ view }, project) {
      const shown = new Map<string, number>();
      for (const copy of view) {
        if (copy.project !== project) continue;
        const id = destination.idOf(copy);
        shown.set(id, (shown.get(id) ?? 0) + 1);
      }
      return shown;
    },
    async stop() {
      await hub.stop();
      await fake.close();
    },
  };
}
