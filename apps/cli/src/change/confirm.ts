import { CommandFailure, exitCodes } from '../failure.js';
import type { Session } from '../session.js';

/** Shows what is about to be done, and asks to type the name of what it is done to. Throws `CommandFailure` otherwise. */
export async function confirm(
  { terminal, isConfirmed }: Pick<Session, 'terminal' | 'isConfirmed'>,
  plan: string,
  name: string,
): Promise<void> {
  terminal.note(plan);
  if (isConfirmed) return;
  const typed = await terminal.ask(`Type ${name} to go on: `);
  if (typed === name) return;
  throw new CommandFailure(
    `expected ${name} as confirmation, got ${typed === undefined ? 'the end of the input' : 'another text'}; nothing was changed (--yes confirms without asking)`,
    exitCodes.negative,
  );
}
