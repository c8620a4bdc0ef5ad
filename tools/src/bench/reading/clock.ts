/** Microseconds of a monotonic clock that all processes of the machine share. */
export function nowMicros(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

/** Events per second between two readings of that clock. */
export function perSecond(events: number, fromMicros: number, toMicros: number): number {
  return (events * 1_000_000) / (toMicros - fromMicros);
}
