import type { FaultRule } from '../faults/rule.js';
import type { World } from '../serve.js';

/** What a test or a demo does with a running fake; the same over HTTP by `connectControl`. */
export type FakeControl<Project, Profile> = ReturnType<typeof createControl<Project, Profile>>;

/** What control functions act on; a reset replaces it. */
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
    /** Takes everything back to how the fake was started. */
    reset,
    now: () => world().clock.now(),
    /** Stops the virtual clock at this moment. */
    setClock: (ms: number) => world().clock.set(ms),
    advanceClock: (ms: number) => world().clock.advance(ms),
    /** Lets the virtual clock run: 1 is real time, 0 stands still. */
    runClock: (speed: number) => world().clock.run(speed),
    profile: () => current().profile(),
    /** Throws when a switch or its value does not exist. */
    setProfile: (change: Partial<Profile>) => current().setProfile(change),
    /** Throws when the project lacks something or one of its keys is in use. */
    createProject: (project: Project) => current().createProject(project),
    /** Answers the rule's id. Throws when the rule makes no sense. */
    addFault(rule: FaultRule): string {
      const { faults, ledger } = world();
      const id = faults.add(rule);
      if (rule.action.kind !== 'refuse' || rule.match !== undefined) return id;
      // It strikes now, and no request later on.
      faults.remove(id);
      ledger.faultWithoutRequest(id);
      refuse(rule.action.seconds);
      return id;
    },
    removeFault: (id: string) => world().faults.remove(id),
    faults: (): readonly FaultRule[] => world().faults.rules(),
    /** Entries of requests after `since`; empty in a lean ledger. */
    ledger: (since = 0) => world().ledger.snapshot(since),
    /** The raw body of one request as it came over the wire; undefined in a lean ledger. */
    body: (seq: number) => world().ledger.body(seq),
    summary: () => world().ledger.summary(),
    /** Those of the ids that were never stored. Works in a lean ledger too. */
    missing: (ids: readonly string[]) => world().ledger.missing(ids),
  };
}

/** A control whose functions answer by promise. */
export type Remote<Control> = {
  readonly [Name in keyof Control]: Control[Name] extends (...given: infer Given) => infer Answer
    ? (...given: Given) => Promise<Answer>
    : never;
};
