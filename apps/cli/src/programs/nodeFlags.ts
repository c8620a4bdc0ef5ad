/**
 * Node's flags for api and worker (docs/decisions/0009). 32 MB for young objects instead of 16: most objects of an event
 * are dead by the time the space is full, so the collector has little to copy. At least 16 MB, and no memory reducer:
 * while little comes, V8 would shrink that space to 1 MB, collect it twice a second, and then the whole heap, to give
 * memory back that the next busy minute needs again. The heap may grow to twice its old objects before a full collection.
 * No pretenuring: depending on the first seconds, V8 would allocate buffers among the old objects, where they stay until a
 * full collection. The scripts `start:api` and `start:worker` of package.json have the same flags.
 */
export const nodeFlags: readonly string[] = [
  '--min-semi-space-size=16',
  '--max-semi-space-size=32',
  '--no-memory-reducer',
  '--heap-growing-percent=100',
  '--no-allocation-site-pretenuring',
];
