export {
  startFakeMixpanel,
  connectFakeMixpanel,
  type FakeMixpanel,
  type FakeMixpanelOptions,
  type MixpanelControl,
} from './mixpanel/startFakeMixpanel.js';
export { mixpanelMatrix, mixpanelSwitches, type MixpanelProfile } from './mixpanel/profile.js';
export type { MixpanelProject, MixpanelRegion } from './mixpanel/project.js';
export type { CompactionReport } from './mixpanel/compaction.js';
export {
  startFakeAmplitude,
  connectFakeAmplitude,
  type AmplitudeControl,
  type FakeAmplitude,
  type FakeAmplitudeOptions,
} from './amplitude/startFakeAmplitude.js';
export { amplitudeMatrix, amplitudeSwitches, type AmplitudeProfile } from './amplitude/profile.js';
export type { AmplitudeProject, AmplitudeRegion } from './amplitude/project.js';
export type { UserProfile } from './amplitude/userProfile.js';
export type { Fake, FakeOptions } from './fake.js';
export type { FakeControl, Remote } from './control/control.js';
export type { FaultAction, FaultKind, FaultMatch, FaultMoment, FaultRule } from './faults/rule.js';
export {
  needlessResends,
  type LedgerMode,
  type LedgerSnapshot,
  type RejectedRecord,
  type RequestEntry,
  type StoredEvent,
  type Summary,
  type Violation,
} from './ledger.js';
export type { QueryCohort } from './mixpanel/queryApi.js';
export type { AmplitudeCohort } from './amplitude/cohortsApi.js';
export {
  createAmplitudeListSender,
  createAmplitudeWebhookSender,
  createAudience,
  createBrazePartnerSender,
  createMixpanelSender,
  type Audience,
  type CohortSender,
  type Mishaps,
  type SenderCall,
  type SyncOutcome,
} from './senders/index.js';
