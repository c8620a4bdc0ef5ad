import { createClock, type VirtualClock } from './clock.js';
import { createControl, type FakeControl } from './control/control.js';
import { serveControl, type ControlCalls } from './control/serveControl.js';
import type { PartnerService } from './exchange.js';
import { createFaultEngine } from './faults/engine.js';
import { createLedger, type Ledger, type LedgerMode, type LedgerRules } from './ledger.js';
import { listen, type Listener } from './listen.js';
import { createRandom, type Random } from './random.js';
import { createRequestLine, type World } from './serve.js';
import { turn, usualProfile, type Profile, type Switches } from './switches.js';

export interface FakeOptions<Project, Profile> {
  /** Ports of the listeners by name; default: free ports. */
  readonly ports?: Readonly<Record<string, number>>;
  readonly controlPort?: number;
  /** `full` when absent. */
  readonly mode?: LedgerMode;
  /** Seed of all random behaviour. */
  readonly seed?: number;
  /** Default: real time; with `speed` 0 the clock is stopped until it is advanced. */
  readonly clock?: { readonly startMs?: number; readonly speed?: number };
  readonly profile?: Partial<Profile>;
  readonly projects?: readonly Project[];
}

export interface Fake<Control> {
  /** The first listener's address. */
  readonly url: string;
  readonly urls: Readonly<Record<string, string>>;
  readonly controlUrl: string;
  readonly control: Control;
  close(): Promise<void>;
}

/** The state of a partner's service, recreated at every reset. */
export interface Surroundings<P> {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly profile: () => P;
}

/** The specifics of one partner. `Extra`: its additional control functions. */
export interface Partner<Project, S extends Switches, Extra> {
  readonly name: string;
  readonly listeners: readonly string[];
  readonly switches: S;
  readonly ledger: Omit<LedgerRules, 'mode'>;
  open(surroundings: Surroundings<Profile<S>>): {
    readonly service: PartnerService;
    readonly createProject: (project: Project) => void;
    readonly extra: Extra;
  };
  /** The HTTP routes of `extra`. */
  readonly calls: ControlCalls<Extra>;
}

export async function startFake<Project, S extends Switches, Extra extends object>(
  partner: Partner<Project, S, Extra>,
  options: FakeOptions<Project, Profile<S>>,
): Promise<Fake<FakeControl<Project, Profile<S>> & Extra>> {
  const build = () => {
    let profile = turn(partner.switches, usualProfile(partner.switches), options.profile ?? {});
    const clock = createClock(options.clock?.startMs, options.clock?.speed);
    const random = createRandom(options.seed ?? 1);
    const ledger = createLedger({ mode: options.mode ?? 'full', ...partner.ledger });
    const opened = partner.open({ clock, random, ledger, profile: () => profile });
    for (const project of options.projects ?? []) opened.createProject(project);
    const faults = createFaultEngine(opened.service, random, () => clock.now());
    const world: World = { service: opened.service, ledger, faults, clock };
    const setProfile = (change: Partial<Profile<S>>): void => {
      profile = turn(partner.switches, profile, change);
    };
    return { world, createProject: opened.createProject, extra: opened.extra, profile: () => profile, setProfile };
  };

  let current = build();
  const listeners = new Map<string, Listener>();
  const refuse = (seconds: number): void => {
    for (const listener of listeners.values()) listener.refuse(seconds);
  };
  const line = createRequestLine(() => current.world, refuse);
  for (const name of partner.listeners) {
    const listener = await listen(
      options.ports?.[name] ?? 0,
      (request, response) => line.serve(name, request, response),
      (socket) => line.connect(socket),
    );
    listeners.set(name, listener);
  }

  const common = createControl<Project, Profile<S>>(
    () => current,
    () => void (current = build()),
    refuse,
  );
  // Looked up at each call, because a reset replaces them.
  const extra = Object.fromEntries(
    Object.keys(current.extra).map((name) => [
      name,
      (...given: unknown[]) => (current.extra as Record<string, (...given: unknown[]) => unknown>)[name]?.(...given),
    ]),
  ) as Extra;
  const control = { ...common, ...extra };
  const controlListener = await serveControl(partner.name, options.controlPort ?? 0, control, partner.calls);
  const urls = Object.fromEntries([...listeners].map(([name, { url }]) => [name, url]));
  return {
    url: urls[partner.listeners[0] as string] as string,
    urls,
    controlUrl: controlListener.url,
    control,
    async close() {
      await Promise.all([controlListener, ...listeners.values()].map((listener) => listener.close()));
    },
  };
}
