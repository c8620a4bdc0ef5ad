/*
 * What `npm run …` runs. Plain JavaScript, as it runs before anything is built; what needs a new Node is imported late.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL, URL } from 'node:url';

/** Programs that are built from TypeScript: their file, their purpose and their first arguments. Those in tools have their own --help. */
const programs = {
  demo: ['tools/dist/demo.js', 'Shows the whole hub at work, with its own database and partners that pretend.'],
  start: [
    'tools/dist/start.js',
    'Runs api and worker together, with a Postgres in .data unless DATABASE_URL names one.',
  ],
  'start:api': [
    'apps/api/dist/main.js',
    'Runs the front door. Takes its settings from the environment: see .env.example.',
  ],
  'start:worker': [
    'apps/worker/dist/main.js',
    'Runs the back door. Takes its settings from the environment: see .env.example.',
  ],
  bench: ['tools/dist/bench/main.js', 'Measures what an event costs, from the request to the partner.'],
  'bench:amplitude': [
    'tools/dist/bench/main.js',
    'Measures the effects of a hot device and of a slow partner, and the cost of a second destination.',
    'amplitude',
  ],
  'bench:cohorts': ['tools/dist/bench/main.js', 'Measures cohorts and segments of ten million members.', 'cohorts'],
};

const chores = {
  generate: [generate, 'Writes anew every file that is made from the code.'],
  test: [test, 'Builds, lints, checks types, runs every test, and checks that generated files are fresh.'],
};

const [name = '', ...words] = process.argv.slice(2);
const wantsHelp = words.includes('--help') || words.includes('-h');
requireNode();
if (name in programs) await runProgram(...programs[name]);
else if (name in chores) await runChore(...chores[name]);
else listCommands();

async function runProgram(file, purpose, ...firstWords) {
  if (wantsHelp && !file.startsWith('tools/')) return console.log(`npm run ${name}\n\n${purpose}`);
  const { build } = await import('./run/build.mjs');
  await build();
  const path = pathOf(file);
  if (!existsSync(path)) refuse(`wanted ${file}; the build did not make it`);
  // What the environment already holds goes first. The demo and the benches are the same on every machine.
  if (name.startsWith('start') && existsSync(pathOf('.env'))) process.loadEnvFile(pathOf('.env'));
  // In this very process, so that arguments, signals and exit code are the program's own.
  process.argv = [process.execPath, path, ...firstWords, ...words];
  process.setSourceMapsEnabled(true);
  await import(pathToFileURL(path).href);
}

async function runChore(run, purpose) {
  if (wantsHelp) return console.log(`npm run ${name}\n\n${purpose}`);
  if (words.length > 0) refuse(`${name} takes no options; got ${words.join(' ')}`);
  process.exitCode = (await run()) ? 0 : 1;
}

async function generate() {
  const { writeGenerated } = await import('./run/generated.mjs');
  return writeGenerated();
}

async function test() {
  const { runTests } = await import('./run/test.mjs');
  return runTests();
}

function pathOf(file) {
  return fileURLToPath(new URL(`../${file}`, import.meta.url));
}

function listCommands() {
  const all = Object.entries({ ...programs, ...chores });
  const lines = all.map(([key, [, purpose]]) => `  npm run ${key.padEnd(17)}${purpose}`);
  console.log(`Currents. Commands, each with -- --help:\n\n${lines.join('\n')}`);
  if (name !== '' && name !== '--help') refuse(`\nunknown command "${name}"; the known ones are above`);
}

/** As `engines` in package.json says, which npm only warns about. */
function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const good = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;
  if (!good) refuse(`Currents needs Node 20.19 or later, or 22.12 or later; this is ${process.versions.node}`);
}

function refuse(message) {
  console.error(message);
  process.exit(1);
}
