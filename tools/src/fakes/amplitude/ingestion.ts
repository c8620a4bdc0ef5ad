import type { VirtualClock } from '../clock.js';
import type { FakeRequest } from '../exchange.js';
import type { Ledger } from '../ledger.js';
import type { AmplitudeProfile } from './profile.js';
import type { ProjectState } from './project.js';
import type { UploadBody } from './uploadBody.js';

/** What Amplitude's ingestion works with. */
export interface Ingestion {
  readonly clock: VirtualClock;
  readonly ledger: Ledger;
  readonly profile: () => AmplitudeProfile;
  readonly projects: () => readonly ProjectState[];
  readonly bodyOf: (request: FakeRequest) => UploadBody;
}
