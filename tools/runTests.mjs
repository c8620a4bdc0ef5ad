import devkit from 'nx/src/devkit-exports.js';
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const root = join(import.meta.dirname, '..');
const nx = join(root, 'node_modules/nx/dist/bin/nx.js');
const runDetails = join(root, '.nx/cache/run.json');
const reports = join(root, '.reports');
const targets = ['build', 'lint', 'typecheck', 'test', 'format', 'generated'];

/**
 * Runs all targets that check something, whatever fails, and prints the number of passed and failed checks as the very
 * last line. nx runs the targets; it does not know the tests inside them, so they are counted here.
 */
export async function runTests() {
  // The report of an earlier run must not be counted. nx restores the reports of targets that it serves from its cache.
  for (const path of [reports, runDetails]) rmSync(path, { recursive: true, force: true });
  const env = { ...process.env, CI: 'true', NX_TUI: 'false', ...(!process.stdout.isTTY && { NO_COLOR: '1' }) };
  const options = { cwd: root, env, stdio: 'inherit' };
  const { status } = spawnSync(process.execPath, [nx, 'run-many', '--outputStyle=stream', '-t', ...targets], options);

  const tasks = new Map(readJson(runDetails)?.tasks.map((task) => [task.taskId, task]));
  const results = (await listTargets()).map((target) =>
    countChecks(target, tasks.get(`${target.project}:${target.name}`)),
  );
  console.log(`\n${results.map(({ line }) => line).join('\n')}`);
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  let failed = results.reduce((sum, result) => sum + result.failed, 0);
  // nx itself failed, such as on a file of its own that cannot be read: nothing is proved.
  if (status !== 0 && failed === 0) failed = 1;
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0;
}

async function listTargets() {
  const graph = await devkit.createProjectGraphAsync({ exitOnError: false });
  return Object.values(graph.nodes).flatMap(({ name: project, data }) =>
    targets.filter((name) => name in data.targets).map((name) => ({ project, name })),
  );
}

/** A target is one check, except for tests, each of which is one. A task that nx left out has failed. */
function countChecks({ project, name }, task) {
  const report = name === 'test' && task !== undefined ? readJson(join(reports, `${project}.json`)) : undefined;
  const {
    numPassedTests: passed = 0,
    numFailedTests = 0,
    numPendingTests: skipped = 0,
    testResults = [],
  } = report ?? {};
  // A file that fails outside its tests, such as one that cannot be loaded, counts as one.
  const broken = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  );
  const counts = { passed, failed: numFailedTests + broken.length };
  const hasPassed = task?.status === 0;
  if (name !== 'test' && hasPassed) counts.passed = 1;
  // Tests that all passed, or none of them counted, and yet the target failed; or a target that tested nothing.
  if (counts.failed === 0 && (!hasPassed || counts.passed === 0)) counts.failed = 1;
  const words = [
    counts.failed === 0 ? 'passed' : 'FAILED',
    ` ${project}:${name}`,
    name === 'test' && ` ${counts.passed} passed, ${counts.failed} failed`,
    skipped > 0 && ` ${skipped} SKIPPED`,
    task === undefined ? ' did not run' : task.cacheStatus !== 'cache-miss' && ' (cached)',
  ];
  return { ...counts, line: [words.filter(Boolean).join(' '), ...failuresIn(testResults)].join('\n') };
}

const maxFailures = 10;
const maxMessageLength = 300;

/** Which tests failed, and the beginning of each error: the last lines of a run may be all that is left of it. */
function failuresIn(testResults) {
  const failures = testResults.flatMap(({ name: file, status, message, assertionResults }) => {
    const tests = assertionResults
      .filter((test) => test.status === 'failed')
      .map(({ fullName, failureMessages }) => ({ name: fullName, message: failureMessages[0] }));
    const outside = status === 'failed' && tests.length === 0 ? [{ name: 'the file', message }] : [];
    return [...tests, ...outside].map((failure) => ({ file: relative(root, file), ...failure }));
  });
  const lines = failures.slice(0, maxFailures).map(({ file, name, message = '' }) => {
    const [first] = stripVTControlCharacters(message).trim().split('\n');
    return `        ${file}: ${name}: ${first.slice(0, maxMessageLength)}`;
  });
  if (failures.length > maxFailures) lines.push(`        and ${failures.length - maxFailures} more`);
  return lines;
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
