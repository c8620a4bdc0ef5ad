import { chmod, lstat, mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** The account that a server runs as. Empty: the caller's own. */
export type Account = { readonly uid: number; readonly gid: number } | Record<string, never>;

const nobody = 65534;

/** Postgres refuses to run as root; as root it therefore runs as `nobody`, who exists everywhere and owns nothing. */
export function serverAccount(): Account {
  return process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
}

/** Whether the account may pass through a directory and everything above it. */
export async function reaches(account: Account, directory: string): Promise<boolean> {
  if (account.uid === undefined) return true;
  for (let at = resolve(directory); ; at = dirname(at)) {
    if (((await stat(at)).mode & 0o001) === 0) return false;
    if (dirname(at) === at) return true;
  }
}

/**
 * Makes a directory and whatever is missing above it, open to pass through whatever the umask says:
 * a parent that only root may enter would lock the server out of its own data.
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
 * A directory of root's own that every account can pass through, for what cannot lie where root asked for it:
 * below `/root`, the account that the server runs as is locked out.
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
      // Read-only or forbidden: the next one may do.
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
