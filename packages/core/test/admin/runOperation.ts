import type { Admin, JobOperation } from '@currents/core';
import { operationOf, type JobInputs } from '../../src/jobs/operations.js';

/** Runs an operation to its end as a job does, with its input as JSON, and returns its result. */
export async function runOperation<Name extends JobOperation>(
  admin: Admin,
  name: Name,
  given: JobInputs[Name],
): Promise<any> {
  const operation = operationOf(name);
  const input = JSON.parse(JSON.stringify(given)) as never;
  const { signal } = new AbortController();
  let { progress } = await operation.start(admin, input);
  for (;;) {
    const next = await operation.step(admin, input, progress, async () => undefined, signal, '1');
    if (next === undefined) return operation.result(progress, input);
    progress = JSON.parse(JSON.stringify(next)) as never;
  }
}
