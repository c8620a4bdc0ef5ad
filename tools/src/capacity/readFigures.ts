import { readFile } from 'node:fs/promises';
import { isCurve, withCurve } from './curveFigures.js';
import { parseFigures, readDefaultFigures, type Figures } from './figures.js';

/**
 * The figures of a file, which `npm run capacity -- --measure` or `npm run bench -- --only curve --json FILE` has written;
 * the committed ones without a file. Throws when the file cannot be used.
 */
export async function readFigures(file: string | undefined): Promise<Figures> {
  if (file === undefined) return readDefaultFigures();
  const text = await readFile(file, 'utf8');
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new Error(`expected JSON, got ${JSON.stringify(text.slice(0, 40))}`, { cause });
  }
  return isCurve(content) ? withCurve(await readDefaultFigures(), content) : parseFigures(text);
}
