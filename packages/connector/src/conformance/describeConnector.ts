import { describe, it } from 'vitest';
import { lawsOf } from './lawsOf.js';
import type { ConformanceOptions } from './options.js';

/** Every law of the contract as a test. Call it once, at the top of the connector's test file. */
export function describeConnector<Settings, Credentials, Payload>(
  options: ConformanceOptions<Settings, Credentials, Payload>,
): void {
  describe(`the connector ${options.connector.name}`, () => {
    for (const [part, laws] of Object.entries(lawsOf(options))) {
      // A suite without a test fails.
      if (laws.length === 0) continue;
      describe(part, () => {
        for (const law of laws) it(law.name, () => law.prove());
      });
    }
  });
}
