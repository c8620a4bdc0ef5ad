import { addTo, createRollingCount, totalOf, type RollingCount } from '../rollingCount.js';

/** The number of events of each id in a request. */
export interface IdCounts {
  readonly users: ReadonlyMap<string, number>;
  readonly devices: ReadonlyMap<string, number>;
}

/** The ids above their limits, with their rates: the maps of Amplitude's 429. */
export interface Throttled {
  /** Events per second by id, averaged over the window and rounded up. */
  readonly users: ReadonlyMap<string, number>;
  readonly devices: ReadonlyMap<string, number>;
  /** Events in the last 24 hours by id. */
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

interface IdState {
  readonly recent: RollingCount;
  readonly daily: RollingCount;
  blockedUntilMs: number;
  maxRecent: number;
}

// Amplitude, HTTP V2 and Batch Event Upload API: averaged over 30 seconds; the daily quota in steps of an hour.
const windowSeconds = 30;
const dayHours = 24;

export type Throttle = ReturnType<typeof createThrottle>;

/** The rates of one project's users and devices. */
export function createThrottle() {
  const states = { users: new Map<string, IdState>(), devices: new Map<string, IdState>() };
  return {
    /** Counts the request. If an id in it is above a limit or still paused, counts nothing and returns those ids. */
    admit(counts: IdCounts, nowMs: number, rules: ThrottleRules): Throttled | undefined {
      const second = Math.floor(nowMs / 1000);
      const hour = Math.floor(nowMs / 3_600_000);
      const throttled = {
        users: new Map<string, number>(),
        devices: new Map<string, number>(),
        dailyUsers: new Map<string, number>(),
        dailyDevices: new Map<string, number>(),
      };
      const passed: [IdState, number][] = [];
      for (const [kind, dailyKind] of [
        ['users', 'dailyUsers'],
        ['devices', 'dailyDevices'],
      ] as const) {
        for (const [id, count] of counts[kind]) {
          const state = stateOf(states[kind], id);
          passed.push([state, count]);
          const recent = totalOf(state.recent, second, windowSeconds) + count;
          const blocked = nowMs < state.blockedUntilMs;
          if (blocked || recent > rules.eps * windowSeconds) {
            if (!blocked || rules.restartOnTouch) state.blockedUntilMs = nowMs + rules.pauseMs;
            throttled[kind].set(id, Math.ceil(recent / windowSeconds));
          }
          const today = totalOf(state.daily, hour, dayHours) + count;
          if (today > rules.dailyEvents) throttled[dailyKind].set(id, today);
        }
      }
      if (Object.values(throttled).some(({ size }) => size > 0)) return throttled;
      for (const [state, count] of passed) {
        addTo(state.recent, second, count);
        state.maxRecent = Math.max(state.maxRecent, state.recent.total);
        addTo(state.daily, hour, count);
      }
      return undefined;
    },
    /** The maximum number of events of a device, or else of a user, that were accepted in any window of the rate. */
    maxInAWindow: (id: string) => (states.devices.get(id) ?? states.users.get(id))?.maxRecent ?? 0,
  };
}

function stateOf(states: Map<string, IdState>, id: string): IdState {
  let state = states.get(id);
  if (state === undefined) {
    state = { recent: createRollingCount(), daily: createRollingCount(), blockedUntilMs: 0, maxRecent: 0 };
    states.set(id, state);
  }
  return state;
}
