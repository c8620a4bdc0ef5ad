import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

const conditions = ['@currents/source', ...defaultServerConditions];

export default defineConfig({
  // graphql ships twice, and its types know one another only within one copy: the one that Node gives type-graphql.
  resolve: { conditions, alias: { graphql: import.meta.resolve('graphql') } },
  ssr: { resolve: { conditions } },
  test: {
    pool: 'threads',
    // Postgres, Redis and the test's own main thread want a share of small machines too.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: 'pure', include: ['packages/{schema,connector,connector-*}/test/**/*.test.ts'] },
      },
      {
        extends: true,
        test: {
          name: 'served',
          include: ['packages/core/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'tools/test/**/*.test.ts'],
          globalSetup: ['tools/src/testing/globalSetup.ts'],
        },
      },
    ],
  },
});
