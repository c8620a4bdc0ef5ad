import { HeaderMap, type ApolloServerPlugin } from '@apollo/server';
import {
  GraphQLError,
  Kind,
  OperationTypeNode,
  type ASTVisitor,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type SelectionSetNode,
  type DocumentNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import { fieldExtensionsEstimator, getComplexity } from 'graphql-query-complexity';
import type { AdminContext } from './base/context.js';
import { maxCost, usualCost } from './costs.js';
import { introspectionCost } from './introspectionCost.js';

/** Words and signs of a query; the standard introspection query has about 500. */
export const maxTokens = 2_000;
/** Room for a segment's definition of ten levels, read through a connection's edges. */
export const maxDepth = 16;
export const maxAliases = 50;
/** Fields after fragments are spread, however often. */
export const maxFields = 1_000;

interface Size {
  readonly depth: number;
  readonly fields: number;
  readonly aliases: number;
}

const nothing: Size = { depth: 0, fields: 0, aliases: 0 };

/** Refuses what is too deep or too wide before anything is resolved, and subscriptions where only one answer can be given. */
export function limitSizeWith({ allowsSubscription }: { readonly allowsSubscription: boolean }): ValidationRule {
  return (context) => sizeVisitor(context, allowsSubscription);
}

/** Each fragment is measured once. */
function sizeVisitor(context: ValidationContext, allowsSubscription: boolean): ASTVisitor {
  const measured = new Map<string, Size>();

  function sizeOf({ selections }: SelectionSetNode): Size {
    return selections.map(sizeOfSelection).reduce(joined, nothing);
  }

  function sizeOfSelection(selection: SelectionSetNode['selections'][number]): Size {
    switch (selection.kind) {
      case Kind.INLINE_FRAGMENT:
        return sizeOf(selection.selectionSet);
      case Kind.FRAGMENT_SPREAD:
        return sizeOfFragment(context.getFragment(selection.name.value));
      case Kind.FIELD: {
        const inside = selection.selectionSet ? sizeOf(selection.selectionSet) : nothing;
        // Introspection has a rule of its own for how deep it may go, and the usual tools go deeper than ours allows.
        const depth = selection.name.value.startsWith('__') ? 0 : inside.depth;
        return { depth: depth + 1, fields: inside.fields + 1, aliases: inside.aliases + (selection.alias ? 1 : 0) };
      }
    }
  }

  function sizeOfFragment(fragment: FragmentDefinitionNode | null | undefined): Size {
    if (!fragment) return nothing;
    const known = measured.get(fragment.name.value);
    if (known) return known;
    // A fragment that spreads itself is refused by a rule of GraphQL's own; here it must only come to an end.
    measured.set(fragment.name.value, nothing);
    const size = sizeOf(fragment.selectionSet);
    measured.set(fragment.name.value, size);
    return size;
  }

  return {
    OperationDefinition({ operation, selectionSet }) {
      const refuse = (message: string): void => context.reportError(new GraphQLError(message));
      const atMost = (max: number, what: string, got: number): void => {
        if (got > max) refuse(`expected at most ${max} ${what}, got ${got}`);
      };
      if (operation === OperationTypeNode.SUBSCRIPTION && !allowsSubscription)
        refuse('expected a query or a mutation, got a subscription; send it with accept: text/event-stream');
      const { depth, fields, aliases } = sizeOf(selectionSet);
      atMost(maxDepth, 'levels of fields', depth);
      atMost(maxAliases, 'aliases', aliases);
      atMost(maxFields, 'fields, counted after fragments are spread', fields);
    },
  };
}

function joined(a: Size, b: Size): Size {
  return { depth: Math.max(a.depth, b.depth), fields: a.fields + b.fields, aliases: a.aliases + b.aliases };
}

/**
 * Refuses what would cost too much, once the variables tell how long its lists may be; lets the rest wait until the
 * queries under way leave room for it.
 */
export function limitCost(schema: GraphQLSchema): ApolloServerPlugin<AdminContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ document, request, operation, operationName, contextValue }) {
          const cost = costOf(schema, { document, variables: request.variables ?? {}, operationName });
          if (cost > maxCost) throw tooCostly(cost);
          if (operation?.operation === OperationTypeNode.MUTATION) contextValue.pace.neverStop();
          if (!(await contextValue.ticket.enter(cost))) throw tooMany();
        },
      };
    },
  };
}

/** What an operation costs, of a subscription each update. */
export function costOf(
  schema: GraphQLSchema,
  {
    document: query,
    variables,
    operationName,
  }: {
    readonly document: DocumentNode;
    readonly variables: Readonly<Record<string, unknown>>;
    readonly operationName: string | null;
  },
): number {
  const estimators = [introspectionCost(schema), fieldExtensionsEstimator(), usualCost];
  return Math.ceil(
    getComplexity({ estimators, schema, query, variables, ...(operationName !== null && { operationName }) }),
  );
}

function tooCostly(cost: number): GraphQLError {
  const detail = 'ask for fewer fields, shorter pages or less at once';
  return new GraphQLError(`the query would cost ${cost}, and the limit is ${maxCost}: ${detail}`, {
    extensions: { code: 'QUERY_TOO_COSTLY', http: { status: 400 } },
  });
}

function tooMany(): GraphQLError {
  const headers = new HeaderMap([['retry-after', '5']]);
  return new GraphQLError('more queries are under way than this hub executes at once; repeat the query later', {
    extensions: { code: 'TOO_MANY_REQUESTS', http: { status: 429, headers } },
  });
}
