import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { imageUser } from './dockerfile.js';
import { mustRun, type ImageHost } from './imageHost.js';
import { startProcess } from './runProcess.js';

/** The search path of programs in Debian. */
const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Why this machine cannot make a Debian root; undefined if it can. */
export function whyNoDebian(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'it needs root on Linux';
  for (const program of ['debootstrap', 'apt-get', 'unshare', 'chroot'])
    if (!searchPath.split(':').some((folder) => existsSync(join(folder, program)))) return `it needs ${program}`;
  try {
    mustRun(['unshare', '--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']);
  } catch {
    return 'it needs the right to mount file systems';
  }
  return undefined;
}

/**
 * Debian roots, one for each stage that begins with an image: a minimal Debian made by debootstrap, and this machine's Node
 * and npm, which the base image brings. Steps are taken by chroot as root; programs run by chroot as the image's user, on a
 * read-only root with a /tmp of their own. The mounts are in namespaces of their processes, and end with them.
 */
export function debianHost(folder: string): ImageHost {
  const base = join(folder, 'debian');
  bootstrap(base);
  const rootOf = (stage: string): string => {
    const root = join(folder, stage);
    if (!existsSync(root)) mustRun(['cp', '--archive', '--reflink=auto', base, root]);
    return root;
  };
  return {
    name: 'a Debian root',
    writeError: 'EROFS',
    rootOf,
    run(stage, command, directory, environment) {
      const script =
        'mount -t proc proc "$1/proc" && mount --bind "$2" "$1/root/.npm" && exec chroot "$1" /usr/bin/env -C "$3" sh -c "$4"';
      const words = [script, 'sh', rootOf(stage), npmSetting('cache'), directory, command];
      const env = { PATH: searchPath, HOME: '/root', npm_config_prefer_offline: 'true', ...registry(), ...environment };
      mustRun(['unshare', '--mount', 'sh', '-c', ...words], { env });
    },
    start(stage, words, directory, environment) {
      const script = `mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && mount -t proc proc "$1/proc" &&
        mount -t tmpfs tmpfs "$1/tmp" && root=$1 directory=$2 && shift 2 &&
        exec chroot --userspec=${imageUser} "$root" /usr/bin/env -C "$directory" "$@"`;
      return startProcess(['unshare', '--mount', 'sh', '-c', script, 'sh', rootOf(stage), directory, ...words], {
        cwd: '/',
        environment: { PATH: searchPath, ...environment },
        account: {},
      });
    },
  };
}

/** Makes the root that stands for the base image of Node. */
function bootstrap(root: string): void {
  const [mirror = '', suite = ''] = aptMirror();
  mustRun(['debootstrap', '--variant=minbase', suite, root, mirror], {
    env: { ...process.env, PATH: `${searchPath}:${process.env['PATH']}` },
  });
  const npmFolder = dirname(dirname(realpathSync(mustRun(['sh', '-c', 'command -v npm']).trim())));
  cpSync(process.execPath, join(root, 'usr/local/bin/node'));
  cpSync(npmFolder, join(root, 'usr/local/lib/node_modules/npm'), { recursive: true, verbatimSymlinks: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'));
  mkdirSync(join(root, 'root/.npm'));
  // How this machine reaches others, which an engine gives its containers, too.
  const { NODE_EXTRA_CA_CERTS: certificates } = process.env;
  for (const path of ['/etc/resolv.conf', '/etc/hosts', certificates].filter((each) => each !== undefined)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    cpSync(path, join(root, path), { dereference: true });
  }
}

/** The mirror and the release of the Debian that runs here, from apt's own configuration. */
function aptMirror(): readonly string[] {
  const codename = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  const format = '$(REPO_URI) $(RELEASE) $(COMPONENT)';
  const lines = mustRun(['apt-get', 'indextargets', '--format', format, 'Identifier: Packages']).split('\n');
  const line = lines.find((each) => each.endsWith(` ${codename} main`));
  if (line === undefined) throw new Error(`expected a mirror of Debian ${codename} in apt's configuration, got none`);
  return line.split(' ');
}

/** npm's registry and certificates, which the user's own configuration names. */
function registry(): Readonly<Record<string, string>> {
  const { NODE_EXTRA_CA_CERTS: certificates } = process.env;
  return {
    npm_config_registry: npmSetting('registry'),
    ...(certificates && { NODE_EXTRA_CA_CERTS: certificates, npm_config_cafile: certificates }),
  };
}

const npmSetting = (name: string): string => mustRun(['npm', 'config', 'get', name]).trim();
