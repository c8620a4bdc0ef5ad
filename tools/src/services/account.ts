import { chmod, lstat, mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** The account of a server process. Empty: the caller's account. */
export type Account = { readonly uid: number; readonly gid: number } | Record<string, never>;

const nobody = 65534;

/** Postgres refuses to run as root; root therefore starts it as `nobody`, an account that exists everywhere and owns no files. */
export function serverAccount(): Account {
  return process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
}

/** Whether the account has search permission on a directory and its parents. */
export async function reaches(account: Account, directory: string): Promise<boolean> {
  if (account.uid === undefined) return true;
  for (let at = resolve(directory); ; at = dirname(at)) {
    if (((await stat(at)).mode & 0o001) === 0) return false;
    if (dirname(at) === at) return true;
  }
}

/**
 * Creates a directory and its missing parents with search permission for all, independent of the umask:
 * a parent that only root can enter would make the data inaccessible to the server.
 */
export async function makeDirectory(directory: string): Promise<void> {
  const parent = dirname(directory);
  if (parent !== directory && !(await exists(parent))) await makeDirectory(parent);
  try {
    await mkdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw error;
  }
  await chmod(directory, 0o755);
}

/**
 * A directory of root with search permission for all accounts, for data that cannot be in the requested place:
 * the server's account has no access below `/root`.
 */
export async function openDirectory(): Promise<string> {
  const candidates = ['/var/lib/currents', '/var/tmp/currents', '/tmp/currents'];
  for (const directory of candidates) {
    try {
      await makeDirectory(directory);
      const found = await lstat(directory);
      const ours = found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
      if (ours && (await reaches({ uid: nobody, gid: nobody }, directory))) return directory;
    } catch {
      // Read-only or forbidden: try the next one.
    }
  }
  throw new Error(`expected a directory that every account can enter; none of ${candidates.join(', ')} will do`);
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
