import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { FastifyBaseLogger } from 'fastify';
import type { AdminContext } from './base/context.js';
import { checkRoles } from './checkRoles.js';
import { createErrorFormat } from './errors.js';
import { wrapIntrospection } from './execution/wrapFields.js';
import { writeAnswer } from './execution/writeAnswer.js';
import { limitCost, limitSizeWith, maxTokens } from './limits.js';
import { createForbiddenRecorder } from './recordForbidden.js';
import { buildAdminSchema } from './schema.js';
import { createSubscriptions } from './subscriptions/serveSubscriptions.js';
import { checkVariables } from './variables.js';

/**
 * The GraphQL server of the admin API, and what answers its subscriptions. Requests reach them only with a valid admin
 * token, which streams look at again every `signInAgainMs`.
 */
export function createAdminApi(log: FastifyBaseLogger, { signInAgainMs }: { readonly signInAgainMs?: number } = {}) {
  const schema = buildAdminSchema();
  wrapIntrospection();
  const formatError = createErrorFormat(log);
  const recordForbidden = createForbiddenRecorder();
  const server = new ApolloServer<AdminContext>({
    schema,
    // Requests that get here have an admin token.
    introspection: true,
    includeStacktraceInErrorResponses: false,
    formatError,
    parseOptions: { maxTokens: maxTokens },
    validationRules: [limitSizeWith({ allowsSubscription: false })],
    persistedQueries: false,
    // It would keep 30 MB of parsed queries, counted as text, which is far more in memory.
    documentStore: null,
    stringifyResult: writeAnswer,
    stopOnTerminationSignals: false,
    logger: log,
    plugins: [
      checkVariables,
      checkRoles(recordForbidden),
      limitCost(schema),
      // Nothing is reported to Apollo, whatever the environment says.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
  return { server, serveSubscription: createSubscriptions({ schema, recordForbidden, formatError, signInAgainMs }) };
}
