import { namesOfEstablished, namesOfLater, notForMixpanel } from './mixpanelNames.js';

/** Both destinations use the headings of the documentation; Amplitude's page spells two of them differently (Braze, Amplitude for Currents). */
const ownSpellings: Readonly<Record<string, string>> = {
  'users.messages.inappmessage.Click': 'In-App Message Click',
  'users.messages.inappmessage.Impression': 'In-App Message Impression',
};
const customEvent = 'users.behaviors.CustomEvent';

function namesAtAmplitude(headings: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headings).map(([type, heading]) => [
      type,
      type === customEvent ? '[Appboy] [Custom Event] ' : `[Appboy] ${ownSpellings[type] ?? heading}`,
    ]),
  );
}

/** Amplitude's names of the 62 event types of the original documents; for custom events, the prefix of their name. */
export const amplitudeNamesOfEstablished = namesAtAmplitude(namesOfEstablished);
/** Amplitude's names of later event types. */
export const amplitudeNamesOfLater = namesAtAmplitude(namesOfLater);
/** Event types that are sent to no analytics product. */
export const notForAmplitude = notForMixpanel;
