import { spawn } from 'node:child_process';

/*
 * Reads from a pipe whose write end only this process has open. End of file without a line means that this process has
 * ended, possibly by SIGKILL; then the script sends the signal and SIGKILL to the server, and removes its temporary directory.
 */
const script = `
read -r word && exit 0
for signal in "$2" KILL; do
  kill -s "$signal" "$1" 2>/dev/null
  tries=0
  while kill -0 "$1" 2>/dev/null && [ "$tries" -lt 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
  done
done
[ -z "$3" ] || rm -rf "$3"
`;

/** Ends a server when the process that started it has ended in any way. */
export function watch(serverId: number, signal: 'INT' | 'TERM', temporaryDirectory: string | undefined) {
  // A separate session: Ctrl-C at the terminal must not end the watchdog before the server.
  const dog = spawn('/bin/sh', ['-c', script, 'currents-watchdog', `${serverId}`, signal, temporaryDirectory ?? ''], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  dog.stdin.on('error', () => undefined);
  dog.unref();
  (dog.stdin as unknown as { unref(): void }).unref();
  return {
    /** Ends the watchdog without stopping the server. May be called again. */
    dismiss(): void {
      if (!dog.stdin.writableEnded) dog.stdin.end('done\n');
    },
  };
}
