/*
 * Loaded before a program of the hub (`node --import`): moves that process's wall clock when its parent asks for it, as a
 * wrong NTP server would. The machine's clock stays as it is. `performance.now()` is monotonic, so it does not jump.
 */
const RealDate = Date;
const realNow = Date.now;
let offsetMs = 0;

class MovedDate extends RealDate {
  constructor(...given: readonly unknown[]) {
    if (given.length === 0) super(realNow() + offsetMs);
    else super(...(given as [number]));
  }

  static override now(): number {
    return realNow() + offsetMs;
  }
}

globalThis.Date = MovedDate as DateConstructor;

process.on('message', (message: unknown) => {
  if (typeof message === 'object' && message !== null && 'clockOffsetMs' in message)
    offsetMs = Number(message.clockOffsetMs);
});
// A listener would keep the process alive.
process.channel?.unref();
