import 'reflect-metadata';
import type { GraphQLSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import { answerUnions } from './base/answer.js';
import { finishSchema } from './base/finishSchema.js';
import { answerRepeats } from './base/idempotency.js';
import { NodeResolver } from './base/node.js';
import { CatalogueResolver, EventPropertyResolver } from './catalogue.resolver.js';
import { CohortResolver } from './cohort.resolver.js';
import { CurrentResolver } from './current.resolver.js';
import { DeadLetterResolver } from './deadLetter.resolver.js';
import { recordAudit } from './recordAudit.js';
import { DeedResolver } from './auditLog.resolver.js';
import { DestinationResolver } from './destination.resolver.js';
import { ImportKeyResolver } from './importKey.resolver.js';
import { KeyNearQuotaResolver } from './keyNearQuota.resolver.js';
import { LedgerResolver } from './ledger.resolver.js';
import { CohortPullResolver, PulledCohortResolver } from './pull.resolver.js';
import { QuarantineResolver } from './quarantine.resolver.js';
import { SegmentResolver } from './segment.resolver.js';
import { SegmentWebhookResolver } from './segmentWebhook.resolver.js';
import { ThrottledKeyResolver } from './throttledKey.resolver.js';
import { AdminTokenResolver, IngestTokenResolver } from './token.resolver.js';
import { RecommendationResolver, UserProfileResolver } from './userProfile.resolver.js';

/** Everything an admin may ask and do. */
export function buildAdminSchema(): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: [
      AdminTokenResolver,
      CatalogueResolver,
      CohortPullResolver,
      CohortResolver,
      CurrentResolver,
      DeadLetterResolver,
      DeedResolver,
      DestinationResolver,
      EventPropertyResolver,
      ImportKeyResolver,
      IngestTokenResolver,
      KeyNearQuotaResolver,
      LedgerResolver,
      NodeResolver,
      PulledCohortResolver,
      QuarantineResolver,
      RecommendationResolver,
      SegmentResolver,
      SegmentWebhookResolver,
      ThrottledKeyResolver,
      UserProfileResolver,
    ],
    globalMiddlewares: [answerRepeats, recordAudit, answerUnions],
    // What is given is checked in the core, which answers with a typed problem.
    validate: false,
  });
  return finishSchema(schema);
}
