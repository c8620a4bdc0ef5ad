import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const source = join(import.meta.dirname, '../../packages/core/src');

/** The stage of a file: its folder, or the file itself if it is in no folder. */
const stageOf = (path: string): string => path.split('/')[0] ?? path;

/** The stages that each stage imports, imports of types included. */
function importedStages(): Map<string, Set<string>> {
  const stages = new Map<string, Set<string>>();
  for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )) {
    const stage = stageOf(file);
    const imported = stages.get(stage) ?? new Set();
    for (const [, path = ''] of readFileSync(join(source, file), 'utf8').matchAll(/from '(\.[^']+)\.js'/g)) {
      const target = stageOf(join(file, '..', `${path}.ts`));
      if (target !== stage) imported.add(target);
    }
    stages.set(stage, imported);
  }
  return stages;
}

it('10. imports go downward between the stages of core: no stage imports itself through others', () => {
  const stages = importedStages();
  expect(stages.size).toBeGreaterThan(10);
  for (;;) {
    const lowest = [...stages].filter(([, imported]) => ![...imported].some((stage) => stages.has(stage)));
    if (lowest.length === 0) break;
    for (const [stage] of lowest) stages.delete(stage);
  }
  expect([...stages.keys()], 'stages in or above a circle').toEqual([]);
});
