export { createAmplitudeListSender, type AmplitudeListSenderOptions } from './amplitudeLists.js';
export { createAmplitudeWebhookSender, type AmplitudeWebhookSenderOptions } from './amplitudeWebhook.js';
export { createAudience, type Audience, type AudienceOptions } from './audience.js';
export { createBrazePartnerSender, type BrazePartnerSenderOptions } from './brazePartner.js';
export type { SenderCall } from './line.js';
export type { Mishaps } from './mishaps.js';
export { createMixpanelSender, type MixpanelSenderOptions } from './mixpanelWebhook.js';
export type { CohortSender, SenderOptions, SyncOutcome } from './sender.js';
