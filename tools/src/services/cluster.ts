import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, lstat, mkdir, readFile, readlink, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { exists, makeDirectory, openDirectory, reaches, type Account } from './account.js';
import { serverEnvironment } from './spawnServer.js';

export interface ClusterPlan {
  readonly dataDir: string;
  /** The program that creates clusters. */
  readonly initdb: string;
  readonly account: Account;
  readonly durable: boolean;
}

export const serverUser = 'currents';

/**
 * Opens the cluster in `dataDir`, or creates an empty one; returns its folder and the password of its only user. The
 * password is in the file `password` next to it, readable only by its owner: every account of the machine can reach a
 * port on 127.0.0.1.
 */
export async function openCluster(plan: ClusterPlan) {
  const { dataDir, account } = plan;
  await makeDirectory(dataDir);
  const passwordFile = join(dataDir, 'password');
  const entry = join(dataDir, 'cluster');
  if (await lstat(entry).catch(() => undefined)) {
    if (!(await exists(entry))) {
      throw new Error(
        `expected a database at ${entry}; it points to ${await readlink(entry)}, which is gone. Remove ${entry} to begin anew`,
      );
    }
    const password = await readFile(passwordFile, 'utf8').catch((cause: unknown) => {
      throw new Error(`expected the database's password in ${passwordFile}; it cannot be read`, { cause });
    });
    return { folder: await realpath(entry), password };
  }
  const password = randomBytes(24).toString('base64url');
  await writeFile(passwordFile, password, { mode: 0o600 });
  const inPlace = await reaches(account, dataDir);
  const folder = inPlace
    ? join(await realpath(dataDir), 'cluster')
    : join(await openDirectory(), `cluster-${randomBytes(6).toString('hex')}`);
  await createCluster(folder, password, plan);
  if (!inPlace) await symlink(folder, entry);
  return { folder, password };
}

/** Creates the cluster under another name and renames it when complete, so that an interrupted creation is not used. */
async function createCluster(folder: string, password: string, plan: ClusterPlan): Promise<void> {
  const { initdb, account, durable } = plan;
  const unfinished = `${folder}.new`;
  const passwordFile = `${folder}.password`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (account.uid !== undefined) {
    await chown(unfinished, account.uid, account.gid);
    await chown(passwordFile, account.uid, account.gid);
  }
  const words = ['-D', unfinished, '-U', serverUser, '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  // The C locale exists on every machine.
  words.push('--locale=C', '-E', 'UTF8', '--no-instructions');
  if (!durable) words.push('--no-sync');
  try {
    await promisify(execFile)(initdb, words, { ...account, cwd: '/', env: serverEnvironment });
  } catch (cause) {
    const { stderr = 'initdb failed' } = cause as { readonly stderr?: string };
    throw new Error(`cannot create a database in ${folder}: ${stderr}`, { cause });
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(unfinished, folder);
}
