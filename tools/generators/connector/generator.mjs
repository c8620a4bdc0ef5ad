import { execSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { format, resolveConfig } from 'prettier';

const templates = join(import.meta.dirname, 'files');
const apps = ['apps/api', 'apps/worker'];

/** Adds `packages/connector-NAME` and lists it wherever destinations are listed. nx writes the tree's changes to disk. */
export default async function generate(tree, { name, label = name[0].toUpperCase() + name.slice(1), skipInstall }) {
  const folder = `packages/connector-${name}`;
  const packageName = `@currents/connector-${name}`;
  if (!/^[a-z][a-z0-9]*$/.test(name)) throw new Error(`expected lower-case letters and digits, got "${name}"`);
  if (tree.exists(folder)) throw new Error(`expected a new name, got "${name}": ${folder} exists`);

  const zod = JSON.parse(tree.read('packages/connector/package.json', 'utf8')).dependencies.zod;
  const fill = (text) => text.replaceAll('__name__', name).replaceAll('__label__', label).replaceAll('__zod__', zod);
  for (const file of readdirSync(templates, { recursive: true, encoding: 'utf8' })) {
    if (statSync(join(templates, file)).isDirectory()) continue;
    const path = posix.join(folder, fill(file.split('\\').join('/')).replace(/\.template$/, ''));
    tree.write(path, fill(readFileSync(join(templates, file), 'utf8')));
  }

  addReference(tree, 'tsconfig.json', folder);
  for (const app of apps) {
    addReference(tree, `${app}/tsconfig.json`, `../../${folder}`);
    addDependency(tree, `${app}/package.json`, packageName);
    listConnector(tree, `${app}/src/connectors.ts`, name, packageName);
  }
  await formatChanges(tree);
  const next = `npx nx test connector-${name} lists what is left to write.`;
  return () => {
    if (!skipInstall) execSync('npm install', { cwd: tree.root, stdio: 'inherit' });
    console.log(skipInstall ? `Run npm install; then ${next}` : next);
  };
}

/** Imports the connector and appends it to the list of known ones. */
function listConnector(tree, path, name, packageName) {
  const text = tree.read(path, 'utf8');
  const listed = text
    .replace(
      /(import .* from '@currents\/connector-[a-z0-9]+';\n)(?!import .* from '@currents\/connector-)/,
      `$1import { ${name} } from '${packageName}';\n`,
    )
    .replace(/(const known: readonly Connector\[\] = \[[^\]]*?),?\s*\]/, `$1, ${name}]`);
  if (listed.split(name).length - text.split(name).length !== 3)
    throw new Error(`expected a list of connectors in ${path}`);
  tree.write(path, listed);
}

/** As text: written anew as JSON, the file would lose its layout. */
function addReference(tree, path, folder) {
  const text = tree.read(path, 'utf8');
  tree.write(path, text.replace(/("references": \[[^\]]*\})(\s*\])/, `$1, { "path": "${folder}" }$2`));
}

function addDependency(tree, path, packageName) {
  const json = JSON.parse(tree.read(path, 'utf8'));
  const names = [...Object.keys(json.dependencies), packageName].sort();
  json.dependencies = Object.fromEntries(names.map((name) => [name, json.dependencies[name] ?? '*']));
  tree.write(path, JSON.stringify(json, null, 2));
}

async function formatChanges(tree) {
  for (const { path, content } of tree.listChanges()) {
    const options = { ...(await resolveConfig(join(tree.root, path))), filepath: path };
    tree.write(path, await format(content.toString(), options));
  }
}
