import type { FaultMakers } from './context.js';

type ProcessTarget = 'api' | 'worker-1' | 'worker-2';

/**
 * How far a clock jumps at most, longer than the run waits at its end: what is deferred meanwhile must be due by Postgres'
 * clock, and a clock that is set back must not make everything wait that is due after some time.
 */
const maxJumpMs = 3_600_000;

/** Faults of one process of the hub: only its own time, memory and life are touched. */
export const processFaults: FaultMakers<ProcessTarget> = {
  async kill({ hub, pause, persist }, { target, lastsMs }) {
    const slot = hub.slots[target];
    await slot.kill();
    await pause(lastsMs);
    // As a supervisor does: a program refuses to start without its database.
    await persist(`start ${target}`, slot.start);
  },
  async stop({ hub, pause, persist, timeline }, { target, lastsMs }) {
    const slot = hub.slots[target];
    timeline.add('state', target, `ended: ${await slot.stop()}`);
    await pause(lastsMs);
    await persist(`start ${target}`, slot.start);
  },
  async freeze({ hub, pause }, { target, lastsMs }) {
    const slot = hub.slots[target];
    slot.freeze();
    await pause(lastsMs);
    slot.thaw();
  },
  clockAhead: jump((choice) => 1_000 + choice * maxJumpMs),
  clockBehind: jump((choice) => -1_000 - choice * maxJumpMs),
};

function jump(offsetOf: (choice: number) => number): FaultMakers<ProcessTarget>['kill'] {
  return async ({ hub, pause, timeline }, { target, lastsMs, choice }) => {
    const clockOffsetMs = Math.round(offsetOf(choice));
    timeline.add('note', target, `its clock is off by ${(clockOffsetMs / 1_000).toFixed(1)} s`);
    hub.slots[target].tell({ clockOffsetMs });
    await pause(lastsMs);
    hub.slots[target].tell({ clockOffsetMs: 0 });
  };
}
