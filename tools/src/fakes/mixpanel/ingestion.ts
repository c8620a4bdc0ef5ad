import type { VirtualClock } from '../clock.js';
import type { FakeRequest } from '../exchange.js';
import type { Ledger } from '../ledger.js';
import type { Random } from '../random.js';
import type { MixpanelProfile } from './profile.js';
import type { ProjectState } from './project.js';

/** What Mixpanel's ingestion works with. */
export interface Ingestion {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly profile: () => MixpanelProfile;
  readonly projects: () => readonly ProjectState[];
  /** Keeps the parsed records, so that nobody has to parse the body again. */
  readonly keepRecords: (request: FakeRequest, records: readonly unknown[]) => void;
}
