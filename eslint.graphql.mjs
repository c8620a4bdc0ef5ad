import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import graphql from '@graphql-eslint/eslint-plugin';

const schemaFile = join(import.meta.dirname, 'apps/api/schema.graphql');
const { 'flat/schema-recommended': recommended, 'flat/schema-relay': relay } = graphql.configs;
const [, namingConvention] = recommended.rules['@graphql-eslint/naming-convention'];

/** Problems of a request have no identity: the next request has its own. */
const problems = [...readFileSync(schemaFile, 'utf8').matchAll(/^type (\w+) implements [\w &]*\bProblem\b/gm)].map(
  ([, name]) => name,
);

/** Identified by a name of the catalogue or by a partner's own id. */
const named = [
  ...['Destination', 'EventChannel', 'EventGroup', 'EventProperty', 'EventType', 'PartnerCohort'],
  ...['SupportedEventType', 'EventTypeDestination', 'DestinationReason', 'SegmentDestination'],
];

/** Values without an identity of their own: parts of an entity, counts and reports. */
const values = [
  ...['AuditActor', 'FieldProblem', 'ImportEndpoint', 'PageInfo', 'RefusedMembers', 'ReleaseRefusal'],
  ...['CohortChecked', 'CohortDrift', 'CohortFreshness'],
  ...['CohortPullDeferral', 'CohortPullFailure', 'CohortPullProgress'],
  ...[
    'CurrentActivity',
    'CurrentBefore',
    'CurrentBlock',
    'CurrentCredentials',
    'CurrentDeferral',
    'CurrentSelection',
    'CurrentWarning',
  ],
  ...[
    'DailyEventCounts',
    'DeadLetterCount',
    'DeadLetterGroup',
    'EventCounts',
    'MemberCounts',
    'QuarantineCount',
    'QuarantineGroup',
    'ReasonCount',
  ],
  ...['CredentialTest', 'CurrentCredentialRotation'],
  ...['KeyNearQuota', 'ThrottledKey', 'LedgerCheck', 'LedgerDifference', 'CohortCheck'],
  ...['EventPreview', 'SelectionPreview', 'EventTypePreview', 'PreviewCounts', 'PreviewExample', 'PreviewReason'],
  ...['PreviewReasonCount', 'PartnerRequest', 'PartnerResponse', 'RequestHeader'],
  ...['Member', 'Membership', 'UserAlias', 'UserProfile', 'Propensity', 'Recommendation'],
  ...['CurrentStateCount', 'Overview', 'OverviewItem', 'OverviewTotals', 'QuarantineUsage'],
  ...[
    'NoticeDelivery',
    'NoticeWebhookBlock',
    'SegmentChange',
    'SegmentDefinition',
    'SegmentDefinitionPart',
    'SegmentPreview',
    'SegmentWebhookBlock',
    'SegmentWebhookDeferral',
  ],
  ...['SegmentSyncBlock', 'SegmentSyncCost', 'SegmentSyncDeferral', 'SegmentSyncDrift', 'SegmentSyncProgress'],
  ...['SegmentSyncRefusalCount', 'SegmentSyncRefusals'],
  ...['EventDelivery', 'EventWait', 'StoredEvent'],
  ...['ConstantProperty', 'EventFilter', 'FieldList', 'FieldRule', 'FieldRules', 'RenamedField', 'TruncatedFields'],
  ...['Hub', 'HubDatabase', 'HubQueue', 'HubSetting', 'HubTable', 'HubWorker', 'LiveTailItem', 'LiveTailUpdate'],
  ...['Deduplication', 'ReplayWarning'],
  ...['EventSeries', 'IngestCounts', 'MetricSeries', 'SeriesPoint'],
];

const ofType = (name) => [
  `FieldDefinition[gqlType.name.value=${name}]`,
  `FieldDefinition[gqlType.gqlType.name.value=${name}]`,
];
const required = (names, requiredPattern) =>
  Object.fromEntries(names.map((name) => [name, { style: 'camelCase', requiredPattern }]));

/** Lint of the GraphQL schema that type-graphql prints: @graphql-eslint's recommended and Relay rules, and stricter ones. */
export const graphqlSchema = {
  files: ['**/schema.graphql'],
  plugins: { '@graphql-eslint': graphql },
  languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema: schemaFile } } },
  rules: {
    ...recommended.rules,
    ...relay.rules,
    '@graphql-eslint/input-name': ['error', { checkInputType: true, caseSensitiveInputType: false }],
    '@graphql-eslint/naming-convention': [
      'error',
      {
        ...namingConvention,
        // `EventType` is the field's term.
        'ObjectTypeDefinition,ObjectTypeExtension': { forbiddenPrefixes: ['Type'] },
        // `succeeded` stands for `hasSucceeded`.
        ...required(ofType('Boolean'), /^(is|has)[A-Z]|^(succeeded|totalCountIsExact)$/),
        ...required(ofType('DateTime'), /(^a|A)t(Partner)?$|(^u|U)ntil$|Since$/),
      },
    ],
    '@graphql-eslint/no-scalar-result-type-on-mutation': 'error',
    // Keyset pagination goes forward; no list is read from its end.
    '@graphql-eslint/relay-arguments': ['error', { includeBoth: false }],
    '@graphql-eslint/relay-edge-types': [
      'error',
      {
        // A connection has `nodes` beside `edges`, and lists that cannot grow (codes, problems, settings) are plain.
        listTypeCanWrapOnlyEdgeType: false,
        // Some connections are of values, such as the keys that are over a limit.
        shouldImplementNode: false,
      },
    ],
    '@graphql-eslint/require-deprecation-date': 'error',
    '@graphql-eslint/require-description': [
      'error',
      {
        types: true,
        DirectiveDefinition: true,
        EnumValueDefinition: true,
        FieldDefinition: true,
        InputValueDefinition: true,
      },
    ],
    '@graphql-eslint/require-nullable-fields-with-oneof': 'error',
    '@graphql-eslint/strict-id-in-types': [
      'error',
      {
        exceptions: {
          suffixes: ['Connection', 'Edge', 'Payload', 'Plan', 'Result'],
          types: [...problems, ...named, ...values],
        },
      },
    ],
  },
};
