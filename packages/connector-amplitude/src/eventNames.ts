import { brazeEventNames } from '@currents/connector';

/** Event type → name at Amplitude (Braze, Amplitude for Currents), with Braze's former name Appboy. Custom events: the prefix. */
export const eventNames = brazeEventNames('[Appboy] ', {
  'users.behaviors.CustomEvent': '[Appboy] [Custom Event] ',
});
