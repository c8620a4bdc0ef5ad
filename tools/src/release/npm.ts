import { spawnSync } from 'node:child_process';

/** Runs npm in a folder and returns its standard output. Throws with its messages when it fails. */
export function npm(words: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync('npm', words, {
    cwd,
    env: outsideOfScripts(process.env),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error) throw new Error(`npm did not start: ${error.message}`, { cause: error });
  if (status !== 0) throw new Error(`npm ${words.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}

/** `npm run` gives its scripts the folder of the repository as the one to work in, which is wrong for another folder. */
const outsideOfScripts = (environment: NodeJS.ProcessEnv) =>
  Object.fromEntries(
    Object.entries(environment).filter(([name]) => !/^npm_(config_local_prefix|package_.*|lifecycle_.*)$/i.test(name)),
  );
