import { finishedLaws } from './finishedLaws.js';
import { freedomLaws } from './freedomLaws.js';
import { inputLaws, quietLaws } from './inputLaws.js';
import type { Law } from './law.js';
import { limitLaws } from './limitLaws.js';
import { mapLaws } from './mapLaws.js';
import { nameLaws } from './nameLaws.js';
import type { ConformanceOptions } from './options.js';
import { secrecyLaws } from './secrecyLaws.js';
import { sendLaws } from './sendLaws.js';
import { subjectOf } from './subject.js';
import { testLaws } from './testLaws.js';

/** Every law of the contract as it applies to one connector, by the part of the contract it is about. */
export function lawsOf<Settings, Credentials, Payload>(
  options: ConformanceOptions<Settings, Credentials, Payload>,
): Readonly<Record<string, readonly Law[]>> {
  const subject = subjectOf(options);
  return {
    'its files': finishedLaws(subject),
    'its name': nameLaws(subject),
    settings: inputLaws(subject.connector.settings, options.settings),
    credentials: [...inputLaws(subject.connector.credentials, options.credentials), ...quietLaws(subject)],
    map: mapLaws(subject),
    'properties that people name freely': freedomLaws(subject),
    rateLimit: limitLaws(subject),
    send: sendLaws(subject),
    '8. secrets are used only in send and test': secrecyLaws(subject),
    test: testLaws(subject),
  };
}
