import 'reflect-metadata';
import type { GraphQLSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import { CatalogueResolver, EventPropertyResolver } from './catalogue.resolver.js';
import { CohortResolver } from './cohort.resolver.js';
import { CurrentResolver } from './current.resolver.js';
import { DeadLetterResolver } from './deadLetter.resolver.js';
import { noteDeeds } from './recordAudit.js';
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
  return buildSchemaSync({
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
      PulledCohortResolver,
      QuarantineResolver,
      RecommendationResolver,
      SegmentResolver,
      SegmentWebhookResolver,
      ThrottledKeyResolver,
      UserProfileResolver,
    ],
    globalMiddlewares: [noteDeeds],
    // What is given is checked in the core, which answers with a typed problem.
    validate: false,
  });
}
