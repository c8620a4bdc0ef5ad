import { describe, it } from 'vitest';
import type { CohortImport } from '../cohortImport.js';
import { cohortExamplesIn } from './cohortExamples.js';
import { cohortLaws } from './cohortLaws.js';
import type { Law } from './law.js';
import { pullLaws } from './pullLaws.js';
import type { PullOptions } from './pullLaws.js';

/** Every law of the way in as a test. `examples` ends with a slash; together they have to use every route. */
export function describeCohortImport(name: string, cohortImport: CohortImport, examples: URL): void {
  describe(`the cohort import of ${name}`, () => prove(cohortLaws(cohortImport, cohortExamplesIn(examples))));
}

/** Every law of a pull as a test. */
export function describeCohortPull(options: PullOptions): void {
  describe(`the cohort pull of ${options.connector.name}`, () => prove(pullLaws(options)));
}

function prove(laws: readonly Law[]): void {
  for (const law of laws) it(law.name, () => law.prove());
}
