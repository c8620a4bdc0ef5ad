import type {} from 'vitest';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where a test file asks for a database of its own. */
    databaseService: string;
    /** Empty where the machine has no Redis. */
    redisUrl: string;
  }
}
