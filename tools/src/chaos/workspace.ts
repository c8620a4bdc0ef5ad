import { execFile, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Cleanup } from '../cleanup.js';
import { openDirectory, reaches, serverAccount } from '../services/account.js';

const run = promisify(execFile);
const roomyBytes = 8 * 1024 ** 3;
/** What remains free on a full disk: less than a page of a table's file system block and the next one. */
const slackBytes = 64 * 1024;

/**
 * Reads from a pipe whose write end only this process has open: at its end, however it comes, the directories go. The
 * servers' own watchdogs end the servers meanwhile.
 */
const keeper = `
read -r word || sleep 15
umount -l "$1/postgres" 2>/dev/null
rm -rf "$1"
`;

export type Workspace = Awaited<ReturnType<typeof openWorkspace>>;

/**
 * Directories for the data of Postgres and Redis, removed at the end. Postgres' is a file system of its own (tmpfs, which
 * needs Linux and root) where that is possible, so that its disk can be filled without touching the machine's.
 */
export async function openWorkspace(cleanup: Cleanup) {
  const base = (await reaches(serverAccount(), tmpdir())) ? tmpdir() : await openDirectory();
  const folder = await mkdtemp(join(base, 'currents-chaos-'));
  const postgresFolder = join(folder, 'postgres');
  const redisFolder = join(folder, 'redis');
  const guard = spawn('/bin/sh', ['-c', keeper, 'currents-keeper', folder], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.stdin.on('error', () => undefined);
  const gone = new Promise((resolve) => guard.once('exit', resolve));
  cleanup.add(folder, async () => {
    guard.stdin.end('done\n');
    await gone;
    await rm(folder, { recursive: true, force: true });
  });
  // mkdtemp creates it with mode 0700, which excludes the server's account when root runs this.
  await chmod(folder, 0o755);
  await mkdir(postgresFolder, { mode: 0o755 });
  await mkdir(redisFolder);
  const hasOwnDisk = await mountDisk(postgresFolder);
  return {
    postgresFolder,
    redisFolder,
    /** Whether `fillDisk` is possible. */
    hasOwnDisk,
    /** Takes away all free space of Postgres' file system: its writes fail with ENOSPC. */
    async fillDisk(): Promise<void> {
      // What is written between the reading and the call makes the size too small, and it is refused.
      for (let tries = 1; ; tries++) {
        const { blocks, bfree, bsize } = await statfs(postgresFolder);
        const bytes = (blocks - bfree) * bsize + slackBytes * tries;
        try {
          return await resize(postgresFolder, bytes);
        } catch (error) {
          if (tries === 20) throw error;
          await wait(10);
        }
      }
    },
    freeDisk: () => resize(postgresFolder, roomyBytes),
  };
}

async function mountDisk(folder: string): Promise<boolean> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  return run('mount', ['-t', 'tmpfs', '-o', `size=${roomyBytes},mode=755`, 'currents-chaos', folder]).then(
    () => true,
    () => false,
  );
}

async function resize(folder: string, bytes: number): Promise<void> {
  await run('mount', ['-o', `remount,size=${bytes}`, folder]);
}
