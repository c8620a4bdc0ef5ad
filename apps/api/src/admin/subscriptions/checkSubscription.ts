import {
  getOperationAST,
  GraphQLError,
  OperationTypeNode,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type GraphQLSchema,
} from 'graphql';
import type { AdminContext } from '../base/context.js';
import { refuseRoles } from '../checkRoles.js';
import { costOf, limitSizeWith, maxTokens } from '../limits.js';
import type { RecordForbidden } from '../recordForbidden.js';
import { refuseVariables } from '../variables.js';

/** What a subscription may cost for each of its updates: all there is to see of twenty items. */
export const maxUpdateCost = 5_000;

export interface CheckedSubscription {
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

interface SubscriptionChecks {
  readonly schema: GraphQLSchema;
  readonly recordForbidden: RecordForbidden;
}

/** Reads the body of a request for a subscription. Returns what is wrong with it, before anything is resolved. */
export async function checkSubscription(
  body: unknown,
  context: AdminContext,
  { schema, recordForbidden }: SubscriptionChecks,
): Promise<CheckedSubscription | readonly GraphQLError[]> {
  try {
    const { query, operationName, variables } = readRequest(body);
    const document = parse(query, { maxTokens });
    const errors = validate(schema, document, [...specifiedRules, limitSizeWith({ allowsSubscription: true })]);
    if (errors.length > 0) return errors.map(withCode('GRAPHQL_VALIDATION_FAILED'));
    const operation = getOperationAST(document, operationName);
    if (operation?.operation !== OperationTypeNode.SUBSCRIPTION)
      return [badRequest('expected a subscription; send other operations with accept: application/json')];
    refuseVariables(schema, operation, variables);
    await refuseRoles({
      schema,
      document,
      variables,
      operationName: operationName ?? null,
      context,
      recordForbidden,
    });
    const cost = costOf(schema, { document, variables, operationName: operationName ?? null });
    if (cost > maxUpdateCost)
      return [
        new GraphQLError(`an update would cost ${cost}, and the limit is ${maxUpdateCost}: ask for fewer fields`, {
          extensions: { code: 'QUERY_TOO_COSTLY' },
        }),
      ];
    return { document, operationName, variables };
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return [error.extensions['code'] === undefined ? withCode('GRAPHQL_PARSE_FAILED')(error) : error];
  }
}

interface GraphqlRequest {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

function readRequest(body: unknown): GraphqlRequest {
  const { query, operationName, variables } = isObject(body) ? body : {};
  if (typeof query !== 'string') throw badRequest('query: expected the text of a subscription');
  if (operationName != null && typeof operationName !== 'string') throw badRequest('operationName: expected a text');
  if (variables != null && !isObject(variables)) throw badRequest('variables: expected a JSON object');
  return { query, operationName: operationName ?? undefined, variables: variables ?? {} };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function badRequest(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_REQUEST' } });
}

function withCode(code: string) {
  return (error: GraphQLError): GraphQLError =>
    new GraphQLError(error.message, {
      ...(error.nodes && { nodes: error.nodes }),
      source: error.source ?? null,
      positions: error.positions ?? null,
      extensions: { ...error.extensions, code },
    });
}
