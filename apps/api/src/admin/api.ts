import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { FastifyBaseLogger } from 'fastify';
import type { AdminContext } from './base/context.js';
import { createErrorFormat } from './errors.js';
import { limitCost, limitSize, mostTokens } from './limits.js';
import { buildAdminSchema } from './schema.js';
import { checkVariables } from './variables.js';

/** The GraphQL server behind the admin's door. Who asks has been checked before it is asked. */
export function createAdminApi(log: FastifyBaseLogger): ApolloServer<AdminContext> {
  return new ApolloServer<AdminContext>({
    schema: buildAdminSchema(),
    // Whoever gets this far is an admin, and may look.
    introspection: true,
    includeStacktraceInErrorResponses: false,
    formatError: createErrorFormat(log),
    parseOptions: { maxTokens: mostTokens },
    validationRules: [limitSize],
    persistedQueries: false,
    stopOnTerminationSignals: false,
    logger: log,
    plugins: [
      checkVariables,
      limitCost,
      // Nothing of this may leave the house, whatever the environment says.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
}
