import { describe, it } from 'vitest';
import type { CohortImport } from '../cohortImport.js';
import { cohortLaws } from './cohortLaws.js';
import { deduplicationLaws, limitLaws, nameLaws, originLaws, sourceLaws } from './declarationLaws.js';
import { cohortExamplesIn } from './examples.js';
import { freedomLaws } from './freedomLaws.js';
import { inputLaws, redactionLaws } from './inputLaws.js';
import type { Law } from './law.js';
import { mapLaws } from './mapLaws.js';
import type { ConformanceOptions } from './options.js';
import { previewLaws } from './previewLaws.js';
import { pullLaws, type PullOptions } from './pullLaws.js';
import { secrecyLaws } from './secrecyLaws.js';
import { segmentExportLaws, type SegmentExportOptions } from './segmentExportLaws.js';
import { sendLaws, testLaws } from './sendLaws.js';
import { subjectOf } from './subject.js';

/** Every law of the contract as a test. Call it once, at the top of the connector's test file. */
export function describeConnector<Settings, Credentials, Payload>(
  options: ConformanceOptions<Settings, Credentials, Payload>,
): void {
  describe(`the connector ${options.connector.name}`, () => {
    for (const [part, laws] of Object.entries(lawsOf(options))) {
      // A suite without a test fails.
      if (laws.length > 0) describe(part, () => prove(laws));
    }
  });
}

/** Every law of the contract as it applies to one connector, by the part of the contract it is about. */
export function lawsOf<Settings, Credentials, Payload>(
  options: ConformanceOptions<Settings, Credentials, Payload>,
): Readonly<Record<string, readonly Law[]>> {
  const subject = subjectOf(options);
  return {
    'its files': sourceLaws(subject),
    'its name': nameLaws(subject),
    'its origins': originLaws(subject),
    settings: inputLaws(subject.connector.settings, options.settings),
    credentials: [...inputLaws(subject.connector.credentials, options.credentials), ...redactionLaws(subject)],
    map: mapLaws(subject),
    deduplication: deduplicationLaws(subject),
    'free properties': freedomLaws(subject),
    rateLimit: limitLaws(subject),
    send: sendLaws(subject),
    '8. secrets are used only in send and test': secrecyLaws(subject),
    test: testLaws(subject),
    previews: previewLaws(subject),
  };
}

/** Every law of cohort imports as a test. `examples` ends with a slash; together they have to use every route. */
export function describeCohortImport(name: string, cohortImport: CohortImport, examples: URL): void {
  describe(`the cohort import of ${name}`, () => prove(cohortLaws(cohortImport, cohortExamplesIn(examples))));
}

/** Every law of a pull as a test. */
export function describeCohortPull(options: PullOptions): void {
  describe(`the cohort pull of ${options.connector.name}`, () => prove(pullLaws(options)));
}

/** Every law of a segment export as a test. */
export function describeSegmentExport<Settings, Credentials, Payload>(
  options: SegmentExportOptions<Settings, Credentials, Payload>,
): void {
  describe(`the segment export of ${options.segmentExport.name}`, () => {
    for (const [part, laws] of Object.entries(segmentExportLaws(options))) describe(part, () => prove(laws));
  });
}

function prove(laws: readonly Law[]): void {
  for (const law of laws) it(law.name, () => law.prove());
}
