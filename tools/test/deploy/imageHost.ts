import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startProcess, type RunningProcess } from './runProcess.js';

/** Where the steps of a Dockerfile are taken, and the programs of its images run. */
export interface ImageHost {
  readonly name: string;
  /** The error of a write of its programs into their image. */
  readonly writeError: 'EACCES' | 'EROFS';
  /** The folder that stands for the root of a stage's file system; made by the first call. */
  rootOf(stage: string): string;
  /** Takes a RUN step in a folder of a stage. Throws when it fails. */
  run(stage: string, command: string, directory: string, environment: Readonly<Record<string, string>>): void;
  /** Starts a program of an image, as an account without rights that cannot write to the image. */
  start(
    stage: string,
    words: readonly string[],
    directory: string,
    environment: Readonly<Record<string, string>>,
  ): RunningProcess;
}

/** Runs a program and throws with its output when it fails. */
export function mustRun(words: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): string {
  const [program = '', ...rest] = words;
  const { status, stdout, stderr, error } = spawnSync(program, rest, {
    ...options,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status ?? error?.message}:\n${stdout}\n${stderr}`);
  return stdout;
}

/**
 * Folders of this machine: its own programs and libraries take the steps, so they may use relative paths only. The programs
 * of the images run as an account that owns no files.
 */
export function folderHost(folder: string): ImageHost {
  const rootOf = (stage: string): string => {
    const root = join(folder, stage);
    mkdirSync(root, { recursive: true });
    return root;
  };
  return {
    name: 'folders of this machine',
    writeError: 'EACCES',
    rootOf,
    run(stage, command, directory, environment) {
      const { PATH, HOME } = process.env;
      const env = { PATH, HOME, npm_config_prefer_offline: 'true', ...environment };
      mustRun(['sh', '-c', command], { cwd: join(rootOf(stage), directory), env });
    },
    start(stage, [program = '', ...words], directory, environment) {
      const command = program === 'node' ? process.execPath : program;
      return startProcess([command, ...words], { cwd: join(rootOf(stage), directory), environment });
    },
  };
}
