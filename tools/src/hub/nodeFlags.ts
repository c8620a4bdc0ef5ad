/**
 * How Node runs api and worker (docs/decisions/0009). Room for 32 MB of young objects instead of 16: most of what an
 * event leaves behind is dead by the time that this much has come, so the collector finds little to copy. And room for
 * four times the old ones before it looks at all of them: a process whose old objects are few and stay would otherwise
 * be searched several times a second. No pretenuring: V8 would decide by chance, from the first seconds, to allocate
 * buffers among the old objects, where each waits for a full collection. The scripts `start:api` and `start:worker` of package.json say the same.
 */
export const nodeFlags: readonly string[] = [
  '--max-semi-space-size=32',
  '--heap-growing-percent=300',
  '--no-allocation-site-pretenuring',
];
