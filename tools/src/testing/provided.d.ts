import type {} from 'vitest';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The URL at which a test file creates a database. */
    databaseService: string;
    /** Empty if the machine has no Redis. */
    redisUrl: string;
  }
}
