import { count } from '../../parts/number.js';

/** UNKNOWN: a later release of the hub has stored another one. */
type Pass = 'CHANGED' | 'ALL' | 'CLEAR' | 'UNKNOWN';

/** Why all members are looked through, in words. The first sync has never looked through all of them. */
export function sayPass(kind: Pass, syncedAt: string | null): string {
  if (kind === 'CLEAR') return 'Taking back what was sent';
  if (kind === 'ALL') return 'Sending all members again';
  if (kind === 'UNKNOWN') return 'Looking through all members';
  return syncedAt === null ? 'First sync' : 'Sending what differs';
}

/** How far all members are looked through. */
export function PassProgress({
  progress: { kind, doneCount, totalCount },
  syncedAt,
}: {
  readonly progress: { readonly kind: Pass; readonly doneCount: number; readonly totalCount: number };
  readonly syncedAt: string | null;
}) {
  const text = `${sayPass(kind, syncedAt)}: ${count(doneCount)} of ${count(totalCount)} users are looked through`;
  return (
    <p>
      <progress value={Math.min(doneCount, totalCount)} max={Math.max(1, totalCount)} aria-label={text} /> {text}.
    </p>
  );
}
