import { accessSync, constants } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { root } from './build.mjs';
import { findStale } from './generated.mjs';
import { run } from './process.mjs';

/** Nothing asks, nothing stays in the background, nothing leaves the machine. */
const env = { CI: 'true', NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NX_TUI: 'false' };
if (!process.stdout.isTTY) env.NO_COLOR = '1';

/** Answers how many of its checks passed and failed. */
const steps = [
  ['Build', () => check(['node_modules/typescript/bin/tsc', '-b'])],
  ['Lint', () => check(['node_modules/nx/dist/bin/nx.js', 'run-many', '-t', 'lint'])],
  ['Types, tests included', () => check(['node_modules/typescript/bin/tsc', '-p', 'tsconfig.check.json'])],
  ['Tests', runVitest],
  ['Generated files are fresh', checkGenerated],
];

/** Runs every step, whatever became of the one before, and says as its very last line how many passed and failed. */
export async function runTests() {
  let passed = 0;
  let failed = 0;
  for (const [name, step] of steps) {
    console.log(`\n== ${name}`);
    const start = performance.now();
    const counts = await step();
    passed += counts.passed;
    failed += counts.failed;
    const verdict = counts.failed === 0 ? 'passed' : 'FAILED';
    console.log(`== ${name}: ${verdict} in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  }
  if (!hasRedis()) {
    console.log('\n!! No redis-server on this machine and no REDIS_URL: THE TESTS OF THE REDIS SIDE DID NOT RUN.');
  }
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0;
}

async function check(words) {
  const { exitCode, output, errors } = await run(words, { quiet: true, env });
  if (exitCode === 0) return { passed: 1, failed: 0 };
  const text = `${output}${errors}`;
  // nx colours what its tasks say, wherever it goes.
  console.log(process.stdout.isTTY ? text : stripVTControlCharacters(text));
  return { passed: 0, failed: 1 };
}

async function runVitest() {
  const file = join(root, 'node_modules/.cache/currents/vitest.json');
  await rm(file, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const { exitCode } = await run(['node_modules/vitest/vitest.mjs', 'run', ...reporters], { env });
  const report = JSON.parse(await readFile(file, 'utf8').catch(() => '{}'));
  const { numPassedTests: passed = 0, numFailedTests = 0, numPendingTests: skipped = 0, testResults = [] } = report;
  if (skipped > 0) console.log(`!! ${skipped} tests were skipped.`);
  // A file that fails outside its tests, such as one that cannot be loaded, counts as one.
  const broken = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  );
  const failed = numFailedTests + broken.length;
  return { passed, failed: failed === 0 && exitCode !== 0 ? 1 : failed };
}

async function checkGenerated() {
  try {
    const stale = await findStale();
    if (stale.length === 0) return { passed: 1, failed: 0 };
    console.log(`Out of date: ${stale.join(', ')}. Run npm run generate and commit the result.`);
  } catch (error) {
    console.log(error.message);
  }
  return { passed: 0, failed: 1 };
}

function hasRedis() {
  if (process.env.REDIS_URL) return true;
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, 'redis-server'), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
