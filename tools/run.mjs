/*
 * The programs behind `npm run …`, and `npm test`. Plain JavaScript, because it runs before anything is built. Modules
 * that need a new Node are imported after the check of its version.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath, pathToFileURL, URL } from 'node:url';

/** Programs built from TypeScript: file, purpose and first arguments. Those in tools print their own --help. */
const programs = {
  demo: ['tools/dist/demo.js', 'Shows the whole hub at work, with its own database and fake partners.'],
  pictures: ['tools/dist/pictures.js', 'Takes pictures of every screen of the console, for docs/console.'],
  start: ['tools/dist/start.js', 'Runs api and worker together, with a Postgres in .data unless DATABASE_URL is set.'],
  'start:api': ['apps/api/dist/main.js', 'Runs the api. Reads its settings from the environment: see .env.example.'],
  'start:worker': [
    'apps/worker/dist/main.js',
    'Runs the worker. Reads its settings from the environment: see .env.example.',
  ],
  doctor: ['tools/dist/doctor.js', 'Checks a configuration, and what it leads to, without starting anything.'],
  'admin-token': ['tools/dist/adminToken.js', 'Makes an admin token in the database.'],
  capacity: ['tools/dist/capacity/main.js', 'Works out what rates of events need, and which limit comes first.'],
  bench: ['tools/dist/bench/main.js', 'Measures the CPU per event, from the request to the partner.'],
  'bench:amplitude': [
    'tools/dist/bench/main.js',
    'Measures the effects of a hot device and of a slow partner, and the cost of a second destination.',
    'amplitude',
  ],
  'bench:attacks': [
    'tools/dist/bench/main.js',
    'Measures what callers that do harm cost those that do not.',
    'attacks',
  ],
  fuzz: ['tools/dist/fuzz/main.js', 'Sends generated requests, most of them faulty, to all endpoints of a hub.'],
  chaos: [
    'tools/dist/chaos/main.js',
    'Makes the parts of a hub fail under load, and checks that no event is lost or doubled.',
  ],
  'pack:release': ['tools/dist/release/main.js', 'Packs a release, which runs without a compiler or a build.'],
  'docs:build': ['tools/dist/site/main.js', 'Builds the documentation site, of static files.'],
  'keep:release': [
    'tools/dist/release/keep.js',
    'Keeps the packed programs of this version for the tests of later ones.',
  ],
  'bench:cohorts': ['tools/dist/bench/main.js', 'Measures cohorts and segments of ten million members.', 'cohorts'],
};
const longPurpose = 'Builds, and runs the tests that take minutes: they are not part of npm test.';
const testPurpose = 'Builds, lints, type-checks and tests every project, and checks formatting and generated files.';

const [name = '', ...words] = process.argv.slice(2);
const wantsHelp = words.includes('--help') || words.includes('-h');
requireNode();
if (name in programs) await runProgram(...programs[name]);
else if (name === 'test') await runTests();
else if (name === 'test:long') runLongTests();
else listCommands();

async function runProgram(file, purpose, ...firstWords) {
  if (wantsHelp && !file.startsWith('tools/')) return console.log(`npm run ${name}\n\n${purpose}`);
  build();
  const showsConsole =
    /^(start(:api)?|demo|pictures|pack:release)$/.test(name) || (name === 'bench' && words.includes('console'));
  if (showsConsole) buildConsole();
  const path = pathOf(file);
  if (!existsSync(path)) refuse(`expected ${file}, but the build did not make it`);
  // Variables that are set already win over .env. The demo and the benches are the same on every machine.
  if (/^(start|doctor|admin-token)/.test(name) && existsSync(pathOf('.env'))) process.loadEnvFile(pathOf('.env'));
  // In this very process, so that arguments, signals and exit code are the program's own.
  process.argv = [process.execPath, path, ...firstWords, ...words];
  // Api and worker run for months: the source maps of all their modules would take up to 30 MB of each.
  if (!name.startsWith('start:')) process.setSourceMapsEnabled(true);
  if (process.env.npm_lifecycle_event !== undefined) endWithParent();
  await import(pathToFileURL(path).href);
}

/** npm may be ended without a word to what it runs: nothing is left behind then. */
function endWithParent() {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, 250);
  timer.unref();
}

/** Compiles what is out of date. Prints nothing unless it fails. */
function build() {
  const compiler = pathOf('node_modules/typescript/bin/tsc');
  if (!existsSync(compiler)) refuse('the packages are not installed: run npm ci first');
  const { status, stdout } = spawnSync(process.execPath, [compiler, '-b'], { cwd: pathOf('.'), encoding: 'utf8' });
  if (status !== 0) refuse(`${stdout}\nThe build failed.`);
}

/** Builds the console if its sources, or the schema that its queries are checked against, are newer than what was built. */
function buildConsole() {
  const folder = pathOf('apps/console');
  const names = readdirSync(folder, { recursive: true }).filter(
    (path) => !/^(dist|generated|test|node_modules)\b/.test(path),
  );
  const sources = [...names.map((path) => `${folder}/${path}`), pathOf('apps/api/schema.graphql')];
  const page = `${folder}/dist/index.html`;
  if (existsSync(page) && sources.every((path) => statSync(path).mtimeMs <= statSync(page).mtimeMs)) return;
  const { status, stdout, stderr } = spawnSync(process.execPath, [`${folder}/build.mjs`], { encoding: 'utf8' });
  if (status !== 0) refuse(`${stdout}${stderr}\nThe build of the console failed.`);
}

async function runTests() {
  if (wantsHelp) return console.log(`npm test\n\n${testPurpose}`);
  if (words.length > 0) refuse(`test takes no options; got ${words.join(' ')}`);
  const { runTests } = await import('./runTests.mjs');
  process.exitCode = (await runTests()) ? 0 : 1;
}

function runLongTests() {
  if (wantsHelp) return console.log(`npm run test:long [-- FILE …]\n\n${longPurpose}`);
  build();
  const vitest = pathOf('node_modules/vitest/vitest.mjs');
  const env = { ...process.env, TEST_LONG: '1' };
  const { status } = spawnSync(process.execPath, [vitest, 'run', ...words], {
    cwd: pathOf('.'),
    env,
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}

function pathOf(file) {
  return fileURLToPath(new URL(`../${file}`, import.meta.url));
}

function listCommands() {
  const all = [...Object.entries(programs), ['test', [, testPurpose]], ['test:long', [, longPurpose]]];
  const lines = all.map(([key, [, purpose]]) => `  npm run ${key.padEnd(17)}${purpose}`);
  console.log(`Currents. Commands, each with -- --help:\n\n${lines.join('\n')}`);
  if (name !== '' && name !== '--help') refuse(`\nunknown command "${name}"; the known ones are above`);
}

/** npm only warns about `engines` in package.json, which says the same. */
function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const good = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;
  if (!good) refuse(`Currents needs Node 20.19 or later, or 22.12 or later; this is ${process.versions.node}`);
}

function refuse(message) {
  console.error(message);
  process.exit(1);
}
