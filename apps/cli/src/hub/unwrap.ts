import { CommandFailure, exitCodes } from '../failure.js';

/** What the documents read of every `Problem`. */
export interface Problem {
  readonly problemCode: string;
  readonly message: string;
  readonly remedy: string | null;
  readonly problems?: readonly { readonly path: readonly string[]; readonly message: string }[];
}

/** A member of a union that is no problem; throws `CommandFailure` with what the problem says otherwise, and the problem as its cause. */
export function unwrap<Payload extends object>(result: Payload | Problem): Payload {
  if (!('problemCode' in result)) return result;
  const { message, remedy, problems = [] } = result;
  const fields = problems.map((each) => `\n  ${each.path.join('.')}: ${each.message}`).join('');
  throw new CommandFailure(`${message}${remedy ? ` (${remedy})` : ''}${fields}`, exitCodes.negative, { cause: result });
}
