import { expect, it } from 'vitest';
import { createChooser } from '../../src/fuzz/grammar/chooser.js';
import { createDocumentGrammar } from '../../src/fuzz/grammar/graphqlDocument.js';
import { createRequestGrammar, endpoints } from '../../src/fuzz/grammar/httpRequest.js';
import { runFuzz } from '../../src/fuzz/runFuzz.js';
import { createTestDatabase } from '../endToEnd/database.js';

/** The run that `npm run fuzz` makes, shorter. */
it('generated requests at every endpoint end no process, cause no internal error and lose no good event', async () => {
  const database = await createTestDatabase();
  try {
    const result = await runFuzz({ seed: 7, requests: 1_600, databaseUrl: database.url });
    expect(result.faults).toEqual([]);
    expect(Object.keys(result.answers).toSorted()).toEqual([...endpoints].toSorted());
    // Both what is refused and what is accepted was there, or the run shows nothing.
    for (const endpoint of ['events', 'cohorts', 'graphql'])
      expect(Object.keys(result.answers[endpoint] ?? {})).toEqual(expect.arrayContaining(['200', '400', '401']));
    expect(result.goodEvents).toBeGreaterThan(100);
    expect(result.lostEvents).toBe(0);
    const { selected = 0, delivered = 0, skipped = 0, rejected = 0, expired = 0 } = result.counts ?? {};
    expect(selected).toBeGreaterThanOrEqual(result.goodEvents);
    expect(delivered + skipped + rejected + expired).toBe(selected);
  } finally {
    await database.drop();
  }
}, 180_000);

it('the same seed generates the same requests', () => {
  const schema = { queryType: { name: 'Query' }, mutationType: { name: 'Query' }, types: [queryType] };
  const access = { ingestToken: 'ingest', adminToken: 'admin', importKeys: {} };
  const generate = (seed: number): string[] => {
    const next = createRequestGrammar(access, createDocumentGrammar(schema));
    const choose = createChooser(seed);
    return Array.from({ length: 200 }, (_, index) => next(choose, () => `event-${index}`).bytes.toString('base64'));
  };
  expect(generate(1)).toEqual(generate(1));
  expect(generate(1)).not.toEqual(generate(2));
});

const queryType = {
  kind: 'OBJECT',
  name: 'Query',
  fields: [{ name: 'catalogue', args: [], type: { kind: 'SCALAR', name: 'String', ofType: null } }],
  inputFields: null,
  enumValues: null,
  possibleTypes: null,
};
