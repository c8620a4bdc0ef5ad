import { addTo, createRollingCount, totalOf, type RollingCount } from '../rollingCount.js';

/** How often each id comes in a request. */
export interface IdCounts {
  readonly users: ReadonlyMap<string, number>;
  readonly devices: ReadonlyMap<string, number>;
}

/** Who went too fast, with what: the maps of Amplitude's 429. */
export interface Throttled {
  /** Id to events a second, averaged over the window and rounded up. */
  readonly users: ReadonlyMap<string, number>;
  readonly devices: ReadonlyMap<string, number>;
  /** Id to events in the last 24 hours. */
  readonly dailyUsers: ReadonlyMap<string, number>;
  readonly dailyDevices: ReadonlyMap<string, number>;
}

export interface ThrottleRules {
  readonly eps: number;
  readonly pauseMs: number;
  readonly restartOnTouch: boolean;
  /** Events of one id in 24 hours. */
  readonly dailyEvents: number;
}

/** The rates of one project's users and devices. */
export interface Throttle {
  /** Counts the request, unless an id in it is over a limit or still has to stay away: then nothing is counted and they are named. */
  admit(counts: IdCounts, nowMs: number, rules: ThrottleRules): Throttled | undefined;
  /** The most events of a device, or else of a user, that were taken in any window of the rate. */
  maxInAWindow(id: string): number;
}

interface IdState {
  readonly recent: RollingCount;
  readonly daily: RollingCount;
  blockedUntilMs: number;
  maxRecent: number;
}

/** The ids of one request, found once and counted when all of them pass. */
interface Passed {
  readonly states: IdState[];
  readonly counts: number[];
}

// Amplitude, HTTP V2 and Batch Event Upload API: averaged over 30 seconds; the daily quota in steps of an hour.
const windowSeconds = 30;
const dayHours = 24;

export function createThrottle(): Throttle {
  const users = new Map<string, IdState>();
  const devices = new Map<string, IdState>();

  const judge = (
    states: Map<string, IdState>,
    counts: ReadonlyMap<string, number>,
    nowMs: number,
    rules: ThrottleRules,
    fast: Map<string, number>,
    daily: Map<string, number>,
    passed: Passed,
  ): void => {
    const second = Math.floor(nowMs / 1000);
    const hour = Math.floor(nowMs / 3_600_000);
    for (const [id, count] of counts) {
      const state = stateOf(states, id);
      passed.states.push(state);
      passed.counts.push(count);
      const recent = totalOf(state.recent, second, windowSeconds) + count;
      const blocked = nowMs < state.blockedUntilMs;
      if (blocked || recent > rules.eps * windowSeconds) {
        if (!blocked || rules.restartOnTouch) state.blockedUntilMs = nowMs + rules.pauseMs;
        fast.set(id, Math.ceil(recent / windowSeconds));
      }
      const today = totalOf(state.daily, hour, dayHours) + count;
      if (today > rules.dailyEvents) daily.set(id, today);
    }
  };

  return {
    admit(counts, nowMs, rules) {
      const throttled = {
        users: new Map<string, number>(),
        devices: new Map<string, number>(),
        dailyUsers: new Map<string, number>(),
        dailyDevices: new Map<string, number>(),
      };
      const passed: Passed = { states: [], counts: [] };
      judge(users, counts.users, nowMs, rules, throttled.users, throttled.dailyUsers, passed);
      judge(devices, counts.devices, nowMs, rules, throttled.devices, throttled.dailyDevices, passed);
      const { users: fastUsers, devices: fastDevices, dailyUsers, dailyDevices } = throttled;
      if (fastUsers.size + fastDevices.size + dailyUsers.size + dailyDevices.size > 0) return throttled;
      add(passed, nowMs);
      return undefined;
    },
    maxInAWindow: (id) => (devices.get(id) ?? users.get(id))?.maxRecent ?? 0,
  };
}

function add({ states, counts }: Passed, nowMs: number): void {
  const second = Math.floor(nowMs / 1000);
  const hour = Math.floor(nowMs / 3_600_000);
  for (let at = 0; at < states.length; at++) {
    const state = states[at] as IdState;
    const { recent, daily } = state;
    addTo(recent, second, counts[at] as number);
    if (recent.total > state.maxRecent) state.maxRecent = recent.total;
    addTo(daily, hour, counts[at] as number);
  }
}

function stateOf(states: Map<string, IdState>, id: string): IdState {
  let state = states.get(id);
  if (state === undefined) {
    state = { recent: createRollingCount(), daily: createRollingCount(), blockedUntilMs: 0, maxRecent: 0 };
    states.set(id, state);
  }
  return state;
}
