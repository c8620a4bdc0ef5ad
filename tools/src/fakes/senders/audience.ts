import type { VirtualClock } from '../clock.js';

/** A cohort as the partner knows it: who is in it now, and who was at any time before. */
export interface Audience {
  readonly id: string;
  name(): string;
  readonly description: string;
  readonly createdAtMs: number;
  rename(name: string): void;
  enter(...ids: readonly string[]): void;
  leave(...ids: readonly string[]): void;
  members(): ReadonlySet<string>;
  membersAt(ms: number): ReadonlySet<string>;
}

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

export function createAudience(
  clock: VirtualClock,
  { id, name: firstName, description = '', members: first = [] }: AudienceOptions,
): Audience {
  let name = firstName;
  const members = new Set<string>();
  const moves: Move[] = [];
  const move = (kind: Move['kind'], ids: readonly string[]): void => {
    moves.push({ atMs: clock.now(), kind, ids });
    apply(members, kind, ids);
  };
  move('enter', first);
  return {
    id,
    description,
    createdAtMs: clock.now(),
    name: () => name,
    rename: (next) => void (name = next),
    enter: (...ids) => move('enter', ids),
    leave: (...ids) => move('leave', ids),
    members: () => new Set(members),
    membersAt(ms) {
      const then = new Set<string>();
      for (const { atMs, kind, ids } of moves) if (atMs <= ms) apply(then, kind, ids);
      return then;
    },
  };
}

function apply(members: Set<string>, kind: Move['kind'], ids: readonly string[]): void {
  for (const id of ids) {
    if (kind === 'enter') members.add(id);
    else members.delete(id);
  }
}
