/** The state of one quarantined event, as one byte of its row. */
export const QuarantineState = {
  held: 0,
  /** Its body is deleted; it still counts. */
  purged: 1,
  /** This and each higher byte: released at the time at index `byte - released` of the row's list. */
  released: 16,
} as const;

/** The most times of release of one row; the last one stands for all after it. */
const maxReleases = 256 - QuarantineState.released;

interface Row {
  readonly events: number;
  readonly codes: readonly string[];
  readonly codeIndexes: Buffer;
  readonly states: Buffer | null;
  readonly releases: readonly Date[] | null;
}

export type Wanted = 'held' | 'released' | 'kept';

/** The states of a row without recorded ones: all held. */
export function statesOf({ events, states }: Pick<Row, 'events' | 'states'>): Buffer {
  return states ?? Buffer.alloc(events, QuarantineState.held);
}

export function isReleased(state: number): boolean {
  return state >= QuarantineState.released;
}

/** When an event with this state was released; undefined when it was not. */
export function releasedAt({ releases }: Pick<Row, 'releases'>, state: number): Date | undefined {
  return releases?.[state - QuarantineState.released];
}

/** Marks those of the events that are held as released at a time. Returns what changes in the row. */
export function release(row: Row, indexes: readonly number[], at: Date) {
  const releases = [...(row.releases ?? [])];
  if (releases.length < maxReleases) releases.push(at);
  const states = Buffer.from(statesOf(row));
  for (const index of indexes)
    if (states[index] === QuarantineState.held) states[index] = QuarantineState.released + releases.length - 1;
  return { states, releases, ...countStates(row, states) };
}

/** Marks events as purged, released ones too. Returns what changes in the row. */
export function purge(row: Row, indexes: readonly number[]) {
  const states = Buffer.from(statesOf(row));
  for (const index of indexes) states[index] = QuarantineState.purged;
  return { states, ...countStates(row, states) };
}

function countStates({ codes, codeIndexes }: Row, states: Buffer) {
  const releasedCounts = codes.map(() => 0);
  const purgedCounts = codes.map(() => 0);
  for (const [index, state] of states.entries()) {
    const codeIndex = codeIndexes[index] as number;
    if (isReleased(state)) releasedCounts[codeIndex]! += 1;
    else if (state === QuarantineState.purged) purgedCounts[codeIndex]! += 1;
  }
  return { releasedCounts, purgedCounts };
}
