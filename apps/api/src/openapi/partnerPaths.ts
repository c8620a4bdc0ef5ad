import {
  basicAuthorization,
  brazeCohorts,
  type CohortRoute,
  type Push,
  type PushReply,
  type PushResult,
} from '@currents/connector';
import type { Connectors } from '@currents/core';
import { schemaOfExamples } from './exampleSchema.js';
import { problemResponses } from './problemResponses.js';
import type { Header, Operation, Parameter, Paths, Response } from './types.js';

/**
 * `/partners/…`: see `registerCohorts`. Made from the routes that the connectors declare: their functions are asked where the
 * key may be and what they answer, so a new connector needs no description of its own.
 */
export function partnerPaths(connectors: Pick<Connectors, 'values'>): Paths {
  const own = [...connectors.values()].flatMap(({ name, cohortImport }) =>
    (cohortImport?.routes ?? []).map((route) => describe(name, route)),
  );
  return Object.fromEntries([...own, ...brazeCohorts.routes.map((route) => describe('{partner}', route))]);
}

function describe(partner: string, route: CohortRoute): [string, { readonly post: Operation }] {
  const path = `/partners/${partner}/${route.path.replace(/:(\w+)/g, '{$1}')}`;
  const isAnyPartner = partner === '{partner}';
  const words = path.split(/\W+/).filter((word) => word !== '');
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => pathParameter(name));
  const operation: Operation = {
    operationId: ['push', ...words.slice(1)].map((word, index) => (index === 0 ? word : capitalise(word))).join(''),
    tags: ['Cohorts'],
    summary: isAnyPartner
      ? `Cohorts of any other partner: ${words.slice(2).join(' ')}`
      : `Cohorts of ${capitalise(partner)}: ${words.slice(2).join(' ')}`,
    description: [
      route.description,
      ...(isAnyPartner ? ['For a partner that an admin created with the mutation `createImportPartner`.'] : []),
      'The push is stored before it is answered, and applied within about a second. A repeated one is stored once. Answers have the form that this partner expects, and not that of other errors of the hub.',
    ].join('\n\n'),
    security: securityOf(route),
    ...(parameters.length > 0 && { parameters }),
    requestBody: {
      description:
        'A push in the partner’s form, as JSON in UTF-8, at most 50,000 members. It may be compressed with gzip.',
      required: true,
      content: {
        'application/json': {
          schema: { type: 'object' },
          examples: { push: { value: route.example ?? {} } },
        },
      },
    },
    responses: { ...answersOf(route), ...(isAnyPartner && problemResponses(['NOT_FOUND'])) },
  };
  return [path, { post: operation }];
}

const parameterDescriptions: Readonly<Record<string, Pick<Parameter, 'description' | 'example'>>> = {
  partner: { description: 'The name that the admin gave the partner.', example: 'segment' },
  property: { description: 'The exported property that has the id of a member.', example: 'customer_id' },
  listId: { description: 'The id that the hub answered when the list was created.', example: 'list_17' },
};

function pathParameter(name: string): Parameter {
  const about = parameterDescriptions[name] ?? { description: `The ${name} of the push.`, example: name };
  return { name, in: 'path', required: true, schema: { type: 'string' }, ...about };
}

const sentKey = 'a-key';

/** Requests with the key in each place where a partner may send it, by the name of the security scheme. */
const placesOfKey = [
  ['importKeyBasic', { authorization: basicAuthorization('any', sentKey) }],
  ['importKeyBasic', { authorization: basicAuthorization(sentKey, '') }],
  ['importKeyBearer', { authorization: `Bearer ${sentKey}` }],
  ['importKeyHeader', { 'x-data-import-key': sentKey }],
] as const satisfies readonly (readonly [string, Push['headers']])[];

/** The places in which the route finds the key. One in the body is no security scheme of OpenAPI. */
function securityOf(route: CohortRoute): Operation['security'] {
  if (route.keyIn === 'body') return [];
  const found = placesOfKey.filter(([, headers]) => route.readKey({ path: {}, headers, body: '' }) === sentKey);
  return [...new Set(found.map(([scheme]) => scheme))].map((scheme) => ({ [scheme]: [] }));
}

const explained = { detail: 'One sentence that says what is wrong.' };

const results: readonly (PushResult & { readonly when: string })[] = [
  {
    outcome: 'stored',
    cohorts: [{ id: '678', listId: 'list_17' }],
    when: 'The push is stored, now or by an earlier request.',
  },
  { outcome: 'unreadable', ...explained, when: 'The push is not of this form, or not readable at all.' },
  { outcome: 'unauthorised', ...explained, when: 'The data import key is missing, unknown or revoked.' },
  { outcome: 'unknown_cohort', ...explained, when: 'The push changes a cohort that does not exist, or was deleted.' },
  { outcome: 'too_large', ...explained, when: 'The body is larger than the hub accepts.' },
  {
    outcome: 'busy',
    ...explained,
    when: 'More arrives than can be stored, or many wrong keys came from this address. Repeat the push later.',
  },
  { outcome: 'unavailable', ...explained, when: 'The push could not be stored. Repeat it later.' },
];

const retryAfter: Header = {
  description: 'Seconds after which the same push may succeed.',
  required: true,
  schema: { type: 'integer', minimum: 0 },
};

/** What the route answers to each result, by status. */
function answersOf(route: CohortRoute): Readonly<Record<string, Response>> {
  const answers = results
    .filter(({ outcome }) => outcome !== 'unknown_cohort' || !onlyDeclares(route))
    .map(({ when, ...result }) => ({
      when,
      isRepeatable: result.outcome === 'busy' || result.outcome === 'unavailable',
      // Some answers are made before the body is read.
      replies: pushesOf(route).map((push) => route.reply(push, result)),
    }));
  const statuses = [...new Set(answers.flatMap(({ replies }) => replies.map(({ status }) => status)))];
  return Object.fromEntries(
    statuses.map((status) => {
      const own = answers.filter(({ replies }) => replies.some((reply) => reply.status === status));
      const replies = own.flatMap((answer) => answer.replies.filter((reply) => reply.status === status));
      return [
        status,
        {
          description: own.map(({ when }) => when).join(' '),
          headers: {
            ...headersOf(replies),
            ...(own.every(({ isRepeatable }) => isRepeatable) && { 'Retry-After': retryAfter }),
          },
          content: {
            'application/json': {
              schema: schemaOfExamples(replies.map(({ body }) => JSON.parse(body) as unknown)),
              examples: { answer: { value: JSON.parse(replies[0]?.body ?? 'null') as unknown } },
            },
          },
        },
      ];
    }),
  );
}

function pushesOf({ example = {} }: CohortRoute): readonly Push[] {
  return [JSON.stringify(example), '{}'].map((body) => ({ path: {}, headers: {}, body }));
}

/** Whether the example only creates cohorts: such a push cannot name an unknown one. */
function onlyDeclares(route: CohortRoute): boolean {
  const [push] = pushesOf(route);
  const parsed = push && route.parse(push);
  return parsed !== undefined && 'changes' in parsed && parsed.changes.every(({ kind }) => kind === 'declare');
}

function headersOf(replies: readonly PushReply[]): Readonly<Record<string, Header>> {
  const sent = replies.flatMap(({ headers = {} }) => Object.entries(headers));
  return Object.fromEntries(
    sent.map(([name, value]) => [
      name,
      { description: 'What the partner expects with this status.', required: true, schema: { const: value } },
    ]),
  );
}

function capitalise(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
