import { join } from 'node:path';
import graphql from '@graphql-eslint/eslint-plugin';

const { 'flat/schema-recommended': recommended, 'flat/schema-relay': relay } = graphql.configs;

/** Lint of the GraphQL schema that type-graphql prints: @graphql-eslint's recommended and Relay rules, and stricter ones. */
export const graphqlSchema = {
  files: ['**/schema.graphql'],
  plugins: { '@graphql-eslint': graphql },
  languageOptions: {
    parser: graphql.parser,
    parserOptions: { graphQLConfig: { schema: join(import.meta.dirname, 'apps/api/schema.graphql') } },
  },
  rules: {
    ...recommended.rules,
    ...relay.rules,
    '@graphql-eslint/no-scalar-result-type-on-mutation': 'error',
    '@graphql-eslint/require-deprecation-date': 'error',
    '@graphql-eslint/require-nullable-fields-with-oneof': 'error',
    '@graphql-eslint/relay-edge-types': [
      'error',
      {
        // A connection has `nodes` beside `edges`, and lists that cannot grow (codes, problems, fields) are plain.
        listTypeCanWrapOnlyEdgeType: false,
        // Values without ids, such as throttled keys, are listed in pages, too; a test of the schema names them.
        shouldImplementNode: false,
      },
    ],
    // Lists are read forwards only: their keyset cursors follow one index.
    '@graphql-eslint/relay-arguments': ['error', { includeBoth: false }],
    '@graphql-eslint/naming-convention': 'off',
    '@graphql-eslint/no-typename-prefix': 'off',
    '@graphql-eslint/relay-page-info': 'off',
    '@graphql-eslint/require-description': [
      'error',
      { DirectiveDefinition: true, EnumValueDefinition: true, FieldDefinition: true, InputValueDefinition: true },
    ],
    '@graphql-eslint/strict-id-in-types': 'off',
  },
};
