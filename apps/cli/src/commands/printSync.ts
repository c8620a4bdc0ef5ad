import { followSync } from '../change/followSync.js';
import type { SyncDetails } from '../hub/findSync.js';
import { describeSync } from '../output/describeSync.js';
import type { Session } from '../session.js';

export function printSync({ terminal, isJson }: Pick<Session, 'terminal' | 'isJson'>, sync: SyncDetails): void {
  if (isJson) terminal.printJson(sync);
  else terminal.print(describeSync(sync));
}

/** Follows a sync, and prints how it is then; of one that was being cleared, that it is deleted. */
export async function printFollowed(session: Session, sync: SyncDetails): Promise<void> {
  const followed = await followSync(session, sync);
  if (followed) printSync(session, followed);
  else if (session.isJson) session.terminal.printJson(null);
  else session.terminal.print(`${sync.objectName} is deleted`);
}
