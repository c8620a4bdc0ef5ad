/**
 * Node's flags for api and worker (docs/decisions/0009). 32 MB for young objects instead of 16: most objects of an event
 * are dead by the time the space is full, so the collector has little to copy. The heap may grow to four times the old
 * objects before a full collection: with few, long-lived old objects, there would otherwise be several per second. No
 * pretenuring: depending on the first seconds, V8 would allocate buffers among the old objects, where they stay until a
 * full collection. The scripts `start:api` and `start:worker` of package.json have the same flags.
 */
export const nodeFlags: readonly string[] = [
  '--max-semi-space-size=32',
  '--heap-growing-percent=300',
  '--no-allocation-site-pretenuring',
];
