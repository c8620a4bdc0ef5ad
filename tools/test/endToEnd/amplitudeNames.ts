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

/** What Amplitude calls the 62 event types of the original documents. Of custom events, what stands before their own name. */
export const amplitudeNamesOfEstablished = namesAtAmplitude(namesOfEstablished);
/** The same for event types that came later. */
export const amplitudeNamesOfLater = namesAtAmplitude(namesOfLater);
/** Event types that no analytics product gets. */
export const notForAmplitude = notForMixpanel;
