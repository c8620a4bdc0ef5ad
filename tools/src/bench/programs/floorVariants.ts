/** The plain script first; then the same, with everything that makes it cheaper. */
export const floorVariants = ['plain script, gzip 1', 'no gzip', 'gzip 1, main thread', 'gzip 1, thread pool'] as const;
export type FloorVariant = (typeof floorVariants)[number];

export interface FloorRun {
  readonly file: string;
  readonly url: string;
  readonly variant: FloorVariant;
}

export interface FloorResult {
  readonly events: number;
  readonly seconds: number;
  readonly cpuMicros: number;
}
