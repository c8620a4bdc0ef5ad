/** Microseconds of a clock that all processes of the machine share, and that never goes back. */
export function nowMicros(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}
