import 'reflect-metadata';
import type { GraphQLSchema } from 'graphql';
import { buildSchemaSync, getMetadataStorage } from 'type-graphql';
import { answerUnions } from './base/answer.js';
import { finishSchema } from './base/finishSchema.js';
import { answerRepeats } from './base/idempotency.js';
import { NodeResolver } from './base/node.js';
import { CatalogueResolver, EventPropertyResolver, EventTypeResolver } from './catalogue.resolver.js';
import { CohortCheckResolver, CohortInUseResolver, CohortResolver, CohortSyncResolver } from './cohort.resolver.js';
import { CredentialRotationResolver } from './credentialRotation.resolver.js';
import { CurrentResolver } from './current.resolver.js';
import { DeadLetterResolver } from './deadLetter.resolver.js';
import { recordAudit } from './recordAudit.js';
import { AuditLogResolver } from './auditLog.resolver.js';
import { nameActions } from './auditLog.type.js';
import { DestinationResolver } from './destination.resolver.js';
import { HubResolver } from './hub.resolver.js';
import { ImportKeyResolver } from './importKey.resolver.js';
import { JobResolver } from './job.resolver.js';
import { LedgerDifferenceResolver, LedgerResolver } from './ledger.resolver.js';
import { LiveTailResolver } from './liveTail.resolver.js';
import { NoticeMuteResolver, NoticeResolver } from './notice.resolver.js';
import { NoticeWebhookResolver } from './noticeWebhook.resolver.js';
import { OverviewItemResolver, OverviewResolver } from './overview.resolver.js';
import { NameTakenResolver } from './problem.type.js';
import { CohortPullResolver, PartnerCohortConnectionResolver, PartnerCohortResolver } from './pull.resolver.js';
import { PreviewResolver } from './preview.resolver.js';
import { QuarantineResolver } from './quarantine.resolver.js';
import { ReplayResolver } from './replay.resolver.js';
import {
  MembershipResolver,
  SegmentChangeConnectionResolver,
  SegmentDefinitionPartResolver,
  SegmentDefinitionResolver,
  SegmentResolver,
} from './segment.resolver.js';
import {
  SegmentDestinationResolver,
  SegmentSyncObjectTakenResolver,
  SegmentSyncRefusalResolver,
  SegmentSyncResolver,
} from './segmentSync.resolver.js';
import { SegmentWebhookExpiryResolver, SegmentWebhookResolver } from './segmentWebhook.resolver.js';
import { ResealResolver } from './reseal.resolver.js';
import { SkippedEventResolver } from './skippedEvent.resolver.js';
import { AdminTokenResolver, IngestTokenResolver } from './token.resolver.js';
import { UserDeletionResolver } from './userDeletion.resolver.js';
import { RecommendationResolver, UserProfileResolver } from './userProfile.resolver.js';
import { SeriesResolver } from './series.resolver.js';
import { EventDeliveryResolver, StoredEventConnectionResolver, StoredEventResolver } from './storedEvent.resolver.js';
import { wrapFields } from './execution/wrapFields.js';

let built: GraphQLSchema | undefined;

/** The schema of the admin API. It is built once in a process: nothing in it changes, and its metadata are shared anyway. */
export function buildAdminSchema(): GraphQLSchema {
  return (built ??= build());
}

function build(): GraphQLSchema {
  nameActions(getMetadataStorage().mutations.map(({ schemaName }) => schemaName));
  const schema = buildSchemaSync({
    resolvers: [
      AdminTokenResolver,
      CatalogueResolver,
      CohortCheckResolver,
      CohortInUseResolver,
      CohortPullResolver,
      CohortResolver,
      CohortSyncResolver,
      CredentialRotationResolver,
      CurrentResolver,
      DeadLetterResolver,
      AuditLogResolver,
      DestinationResolver,
      EventDeliveryResolver,
      EventPropertyResolver,
      EventTypeResolver,
      HubResolver,
      ImportKeyResolver,
      IngestTokenResolver,
      JobResolver,
      LiveTailResolver,
      NameTakenResolver,
      LedgerDifferenceResolver,
      LedgerResolver,
      NodeResolver,
      NoticeMuteResolver,
      NoticeResolver,
      NoticeWebhookResolver,
      OverviewItemResolver,
      OverviewResolver,
      PartnerCohortConnectionResolver,
      PartnerCohortResolver,
      PreviewResolver,
      QuarantineResolver,
      ReplayResolver,
      RecommendationResolver,
      ResealResolver,
      MembershipResolver,
      SegmentChangeConnectionResolver,
      SegmentDefinitionPartResolver,
      SegmentDefinitionResolver,
      SegmentDestinationResolver,
      SegmentResolver,
      SegmentSyncObjectTakenResolver,
      SegmentSyncRefusalResolver,
      SegmentSyncResolver,
      SegmentWebhookExpiryResolver,
      SegmentWebhookResolver,
      SkippedEventResolver,
      SeriesResolver,
      StoredEventConnectionResolver,
      StoredEventResolver,
      UserDeletionResolver,
      UserProfileResolver,
    ],
    // Every subscription brings a source of its own.
    pubSub: {
      publish: () => undefined,
      subscribe(topic: string) {
        throw new Error(`no subscription reads topics, and one asks for ${topic}`);
      },
    },
    // Inputs are checked in the core, which answers with a typed problem.
    validate: false,
  });
  finishSchema(schema);
  wrapFields(schema, [answerRepeats, recordAudit, answerUnions]);
  return schema;
}
