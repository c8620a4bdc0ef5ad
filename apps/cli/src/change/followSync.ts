import type { Session } from '../session.js';
import { readSync, type SyncDetails } from '../hub/findSync.js';
import { follow } from './follow.js';

/**
 * Waits until all members are looked through and what was sent of them is answered, or until a sync that is being cleared
 * is gone. Returns it as it is then; undefined when it is gone. See `follow`.
 */
export async function followSync(session: Session, started: SyncDetails): Promise<SyncDetails | undefined> {
  const { hub, terminal } = session;
  const { id } = started;
  const isOver = (sync: SyncDetails | undefined): boolean =>
    sync === undefined ||
    (sync.state === 'LIVE' &&
      !sync.isClearing &&
      sync.progress === null &&
      sync.inFlightCount === 0 &&
      // What came back is sent again. Others may be waiting at any time, because users enter and leave meanwhile.
      (sync.waitingCount === 0 || sync.returnedCount === started.returnedCount));
  if (!isOver(started)) terminal.note(`Following ${id}; Ctrl-C leaves it running.`);
  return follow<SyncDetails | undefined>(session, started, {
    id,
    again: `currents segments sync watch ${id}`,
    isOver,
    progressOf: (sync) => (sync?.progress ? { ...sync.progress, state: stateOf(sync) } : undefined),
    haltOf: (sync) => (sync && sync.state !== 'LIVE' ? stateOf(sync) : undefined),
    read: () => readSync(hub, id),
  });
}

/** Such as `LIVE`, or `BLOCKED (credentials_refused: invalid key)`. */
function stateOf({ state, block, deferral }: SyncDetails): string {
  const why = block ?? deferral;
  return why ? `${state} (${why.code}: ${why.detail})` : state;
}
