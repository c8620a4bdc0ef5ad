import { brazeEventNames } from '@currents/connector';

/** Event type → name at Mixpanel (Braze, Mixpanel for Currents): the titles Braze uses. Custom events: the prefix. */
export const eventNames = brazeEventNames('', {
  'users.behaviors.CustomEvent': '[Braze Custom Event] ',
  'users.messages.inappmessage.Impression': 'In-app message Impression',
  'users.messages.inappmessage.Click': 'In-app message Click',
});
