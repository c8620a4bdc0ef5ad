import { readVariables, sharedVariables, wholeNumber, yesOrNo } from '@currents/core';
import { z } from 'zod';

/** The worker's settings, from environment variables. Throws `ConfigInvalid` that names every invalid one. */
export function readConfig(environment: NodeJS.ProcessEnv) {
  return readVariables(
    {
      ...sharedVariables,
      WORKER_PORT: wholeNumber(0, 65535).default(4001),
      WORKER_HOST: z.string().default('127.0.0.1'),
      RETENTION_DAYS: wholeNumber(3, 365).default(14),
      ENFORCE_BUDGETS: yesOrNo.default(true),
      REQUEST_TIMEOUT_SECONDS: wholeNumber(1, 300).default(60),
    },
    environment,
  );
}

export type Config = ReturnType<typeof readConfig>;
