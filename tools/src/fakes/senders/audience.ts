import type { VirtualClock } from '../clock.js';

/** The partner's state of a cohort: its current members and its history. */
export type Audience = ReturnType<typeof createAudience>;

export interface AudienceOptions {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly members?: readonly string[];
}

interface Move {
  readonly atMs: number;
  readonly kind: 'enter' | 'leave';
  readonly ids: readonly string[];
}

export function createAudience(clock: VirtualClock, options: AudienceOptions) {
  const { id, description = '' } = options;
  let { name } = options;
  const moves: Move[] = [];
  const move = (kind: Move['kind'], ids: readonly string[]) => void moves.push({ atMs: clock.now(), kind, ids });
  const membersAt = (ms: number): ReadonlySet<string> => {
    const members = new Set<string>();
    for (const { atMs, kind, ids } of moves) {
      if (atMs > ms) continue;
      for (const id of ids)
        if (kind === 'enter') members.add(id);
        else members.delete(id);
    }
    return members;
  };
  move('enter', options.members ?? []);
  return {
    id,
    description,
    createdAtMs: clock.now(),
    name: () => name,
    rename: (next: string) => void (name = next),
    enter: (...ids: readonly string[]) => move('enter', ids),
    leave: (...ids: readonly string[]) => move('leave', ids),
    members: () => membersAt(Infinity),
    membersAt,
  };
}
