import { expect, it } from 'vitest';
import { entriesOf, entriesOfBlocks, entryBytes, writeBlock } from '../src/eventIndex/block.js';
import { packFingerprints } from '../src/eventIndex/packFingerprints.js';

/** A linear congruential generator (Knuth): the same numbers in each run. */
function createNumbers(): (below: number) => number {
  let state = 1;
  return (below) => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) % below;
}

function contentOf(...[entries, isRowOrdered]: Parameters<typeof writeBlock>): Buffer {
  const steps = writeBlock(entries, isRowOrdered);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Rows with some fingerprints of their own, some in common, and some twice. */
function rowsFrom(first: number, step: number): { row: number; fingerprints: number[] }[] {
  const next = createNumbers();
  return Array.from({ length: 500 }, (_, index) => ({
    row: first + index * step,
    fingerprints: [next(2 ** 32), next(50), 7, 7, 2 ** 32 - 1 - next(3)].map((each) => each | 0),
  }));
}

function unmerged(rows: ReturnType<typeof rowsFrom>) {
  return rows.map(({ row, fingerprints }) => ({ row, packed: packFingerprints([{ fingerprints }]) }));
}

/** The same by a comparison of all with all. */
function expectedOf(rows: ReturnType<typeof rowsFrom>): string[] {
  const entries = rows.flatMap(({ row, fingerprints }) =>
    fingerprints.map((each) => ({ fingerprint: each >>> 0, row })),
  );
  entries.sort((a, b) => a.fingerprint - b.fingerprint || a.row - b.row);
  return [...new Set(entries.map(({ fingerprint, row }) => `${fingerprint} ${row}`))];
}

function read(content: Buffer): string[] {
  return Array.from({ length: content.length / entryBytes }, (_, index) => {
    const at = index * entryBytes;
    return `${content.readUInt32BE(at)} ${content.readUIntBE(at + 4, 3)}`;
  });
}

it('a block holds each entry once, by fingerprint and row', () => {
  const rows = rowsFrom(0, 30_000);
  expect(read(contentOf(entriesOf(unmerged(rows)), true))).toEqual(expectedOf(rows));
  expect(read(contentOf(entriesOf(unmerged(rows.toReversed())), false))).toEqual(expectedOf(rows));
});

it.each([
  ['follow one another', 1_000, true],
  ['lie among one another', 1, false],
])('blocks whose rows %s become one', (_, shift, isRowOrdered) => {
  const rows = rowsFrom(0, 2);
  const content = contentOf(entriesOf(unmerged(rows)), true);
  const merged = contentOf(entriesOfBlocks([0, shift].map((each) => ({ content, shift: each }))), isRowOrdered);
  expect(read(merged)).toEqual(expectedOf([...rows, ...rowsFrom(shift, 2)]));
});
