import { readFileSync } from 'node:fs';
import { buildSchema, parse, validate } from 'graphql';
import { expect, it } from 'vitest';
import { documents } from '../src/documents.js';
import { hubFileMutations, hubFileQueries } from '../src/hubFile/documents.js';
import { segmentDocuments } from '../src/segmentDocuments.js';

const schema = buildSchema(readFileSync(new URL('../../api/schema.graphql', import.meta.url), 'utf8'));
const faultsOf = (document: string): readonly string[] =>
  validate(schema, parse(document)).map(({ message }) => message);

const all = [documents, segmentDocuments, hubFileQueries, hubFileMutations].flatMap((some) => Object.entries(some));

it.each(all)('the document %s is valid in the schema of the api', (_name, document) => {
  expect(faultsOf(document)).toEqual([]);
});

it('a document with an unknown field is not valid', () => {
  expect(faultsOf('{ overview { mood } }')).toEqual(['Cannot query field "mood" on type "Overview".']);
});
