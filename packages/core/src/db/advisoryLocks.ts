/**
 * The keys of all advisory locks, so that no two purposes share one. A lock of one thing takes the number as the first
 * half of its key and the thing's id as the second.
 */
export const advisoryLocks = {
  /** One process migrates at a time. Held by the session. */
  migration: 7305127,
  /** Makes partitions; used by the SQL function `ensure_partitions`. */
  partitions: 7305128,
  /** By worker: held by the connection of a worker that is alive. */
  workerLease: 7305129,
  /** By cohort: held while its members change, and shared by readers that wait for that. */
  cohort: 7305130,
  /** By segment: held while it is evaluated. */
  segment: 7305131,
  /** Deletes past days of segment changes. */
  segmentCleanup: 7305132,
  /** Serialises check-then-act on the valid admin tokens. */
  adminTokens: 7305133,
  /** By Current: replays of its dead letters take turns. */
  replay: 7305134,
  /** Drops past days of events. */
  retention: 7305135,
  /** Serialises check-then-act on the numbers of notice webhooks and of test notices. */
  noticeLimits: 7305137,
  /** Serialises check-then-act on the jobs that only check something. */
  checkJobs: 7305136,
  /** Merges the fingerprints of the event index. */
  eventIndex: 7305150,
} as const;
