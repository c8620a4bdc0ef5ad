import { readFile, writeFile } from 'node:fs/promises';
import { relative, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { insertResult, type Measured } from './document.js';
import { drawCurves } from './picture.js';
import { curvesOf } from './series.js';

const document = fileURLToPath(new URL('../../../../docs/performance.md', import.meta.url));
const documentPicture = fileURLToPath(new URL('../../../../docs/performance-curve.svg', import.meta.url));

export interface PublishOptions {
  /** The file of the picture. */
  readonly svg: string | undefined;
  /** Whether to write docs/performance.md, with its picture beside it unless `svg` says where. */
  readonly docs: boolean;
}

/** Writes the picture and the document that are asked for. */
export async function publish(measured: Measured, { svg, docs }: PublishOptions): Promise<void> {
  const picture = svg === undefined ? documentPicture : resolve(svg);
  if (svg !== undefined || docs) await writeFile(picture, drawCurves(curvesOf(measured.cells)));
  if (!docs) return;
  const text = insertResult(await readFile(document, 'utf8'), measured, relative(dirname(document), picture));
  await writeFile(document, text);
}
