/** The clock of a fake, used for all its rates, windows and responses, so that a test can advance it by a day. */
export type VirtualClock = ReturnType<typeof createClock>;

export function createClock(startMs: number = Date.now(), startSpeed = 1) {
  let originMs = startMs;
  let realOriginMs = performance.now();
  let speed = startSpeed;
  const now = (): number => Math.floor(originMs + (performance.now() - realOriginMs) * speed);
  const restart = (ms: number, nextSpeed: number): void => {
    originMs = ms;
    realOriginMs = performance.now();
    speed = nextSpeed;
  };
  return {
    now,
    /** Stops the clock at this time. */
    set: (ms: number) => restart(ms, 0),
    /** Advances the clock; a stopped clock stays stopped, a running one keeps running. */
    advance: (ms: number) => restart(now() + ms, speed),
    /** Sets the speed of the clock from its current time: 1 is real time, 60 is a minute per second. */
    run: (nextSpeed: number) => restart(now(), nextSpeed),
  };
}
