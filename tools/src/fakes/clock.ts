/** The time a fake lives in: all its rates, windows and answers use it, so a test can make a day pass at once. */
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
    /** Stops the clock at this moment. */
    set: (ms: number) => restart(ms, 0),
    /** Moves the clock on; a stopped one stays stopped, a running one keeps running. */
    advance: (ms: number) => restart(now() + ms, speed),
    /** Lets the clock run on from where it is: 1 is real time, 60 a minute per second. */
    run: (nextSpeed: number) => restart(now(), nextSpeed),
  };
}
