import type { FaultRule } from '../faults/rule.js';
import type { World } from '../serve.js';

/** The control functions of a running fake; `connectControl` has the same over HTTP. */
export type FakeControl<Project, Profile> = ReturnType<typeof createControl<Project, Profile>>;

/** The state of a fake, which a reset replaces. */
interface Controlled<Project, Profile> {
  readonly world: World;
  profile(): Profile;
  setProfile(change: Partial<Profile>): void;
  createProject(project: Project): void;
}

export function createControl<Project, Profile>(
  current: () => Controlled<Project, Profile>,
  reset: () => void,
  refuse: (seconds: number) => void,
) {
  const world = (): World => current().world;
  return {
    /** Resets the fake to its initial state. */
    reset,
    now: () => world().clock.now(),
    /** Stops the virtual clock at this time. */
    setClock: (ms: number) => world().clock.set(ms),
    advanceClock: (ms: number) => world().clock.advance(ms),
    /** Sets the speed of the virtual clock: 1 is real time, 0 stops it. */
    runClock: (speed: number) => world().clock.run(speed),
    profile: () => current().profile(),
    /** Throws for an unknown switch or value. */
    setProfile: (change: Partial<Profile>) => current().setProfile(change),
    /** Throws when a field of the project is missing or one of its keys is in use. */
    createProject: (project: Project) => current().createProject(project),
    /** Returns the rule's id. Throws for an invalid rule. */
    addFault(rule: FaultRule): string {
      const { faults, ledger } = world();
      const id = faults.add(rule);
      if (rule.action.kind !== 'refuse' || rule.match !== undefined) return id;
      // The fault applies now, and to no later request.
      faults.remove(id);
      ledger.faultWithoutRequest(id);
      refuse(rule.action.seconds);
      return id;
    },
    removeFault: (id: string) => world().faults.remove(id),
    faults: (): readonly FaultRule[] => world().faults.rules(),
    /** Entries of requests after `since`; empty in a lean ledger. */
    ledger: (since = 0) => world().ledger.snapshot(since),
    /** The received bytes of one request body; undefined in a lean ledger. */
    body: (seq: number) => world().ledger.body(seq),
    summary: () => world().ledger.summary(),
    /** The ids among these that were never stored. Also works in a lean ledger. */
    missing: (ids: readonly string[]) => world().ledger.missing(ids),
  };
}

/** A control whose functions return promises. */
export type Remote<Control> = {
  readonly [Name in keyof Control]: Control[Name] extends (...given: infer Given) => infer Answer
    ? (...given: Given) => Promise<Answer>
    : never;
};
