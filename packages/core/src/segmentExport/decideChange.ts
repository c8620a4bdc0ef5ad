/** What was last sent of a user. */
export interface SentBefore {
  readonly isMember: boolean;
  /** `pending`: it is not known whether it arrived, or it is to be sent again. */
  readonly state: 'delivered' | 'pending' | 'refused';
  readonly ageMs: number;
  /** How often the same was sent and deferred. */
  readonly tries: number;
  /** Whether the user is to be looked at again. */
  readonly isDue: boolean;
}

export type ChangeDecision =
  | { readonly kind: 'send' }
  /** Too early to take back what was sent: look again after so many milliseconds. */
  | { readonly kind: 'wait'; readonly afterMs: number }
  | { readonly kind: 'nothing' };

/**
 * Whether a user is sent. Pure. What a destination holds follows from the present members and from what was sent last,
 * so an entry that was followed by an exit before it was sent costs nothing.
 * @param reversalMs see `ExportLimits`.
 */
export function decideChange(
  {
    isMember,
    before,
    isForced,
  }: {
    readonly isMember: boolean;
    readonly before: SentBefore | undefined;
    readonly isForced: boolean;
  },
  reversalMs: number,
): ChangeDecision {
  if (before === undefined) return { kind: isMember ? 'send' : 'nothing' };
  if (before.isMember === isMember) return { kind: isForced || before.state === 'pending' ? 'send' : 'nothing' };
  const leftMs = reversalMs - before.ageMs;
  return leftMs > 0 ? { kind: 'wait', afterMs: leftMs } : { kind: 'send' };
}
