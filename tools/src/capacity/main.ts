import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { cleanUpOnSignals, createCleanup } from '../cleanup.js';
import { runCommand } from '../options.js';
import { describePlan } from './describe.js';
import { documentFile, insertPlan } from './document.js';
import { figuresFile, type Figures } from './figures.js';
import { measureFigures } from './measure.js';
import { capacity, type CapacityOptions } from './options.js';
import { planOf } from './plan.js';
import { readFigures } from './readFigures.js';

await runCommand(capacity, process.argv.slice(2), async (given) => {
  if (given.measure && given.figures !== undefined) return refuse('expected --measure or --figures, got both', 2);
  const figures = given.measure ? await measure(given) : await readGiven(given.figures);
  if (!figures) return;
  for (const line of describePlan(planOf(given, figures), given)) console.log(line);
  if (given.docs) await writeDocument(figures);
});

function refuse(message: string, exitCode: number): undefined {
  console.error(`${capacity.name}: ${message}`);
  process.exitCode = exitCode;
  return undefined;
}

async function readGiven(file: string | undefined): Promise<Figures | undefined> {
  try {
    return await readFigures(file);
  } catch (error) {
    return refuse(`--figures ${file ?? figuresFile}: ${error instanceof Error ? error.message : String(error)}`, 1);
  }
}

/** Measures this machine and writes its figures. Ends all that was started, also on a signal: then the process ends. */
async function measure(given: CapacityOptions): Promise<Figures | undefined> {
  const cleanup = createCleanup();
  const { isStopping, dismiss } = cleanUpOnSignals('capacity', cleanup);
  try {
    const folder = await mkdtemp(join(tmpdir(), 'currents-capacity-'));
    cleanup.add(folder, () => rm(folder, { recursive: true, force: true }));
    const progress = (text: string): void => console.error(`capacity: ${text}`);
    const figures = await measureFigures(given, { folder, cleanup, progress });
    const file = resolve(given.output);
    await writeFigures(file, figures);
    progress(`the figures are in ${file}`);
    return figures;
  } catch (error) {
    // While the hub is being stopped, errors are expected.
    if (!isStopping()) throw error;
    return undefined;
  } finally {
    await cleanup.run();
    dismiss();
  }
}

/** Writes the figures beside the document, because a test compares the two. */
async function writeDocument(figures: Figures): Promise<void> {
  await writeFigures(figuresFile, figures);
  await writeFile(documentFile, insertPlan(await readFile(documentFile, 'utf8'), figures));
}

async function writeFigures(file: string, figures: Figures): Promise<void> {
  await writeFile(file, `${JSON.stringify(figures, null, 2)}\n`);
}
