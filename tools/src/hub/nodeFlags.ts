/**
 * How Node runs api and worker. Room for 32 MB of young objects instead of 16: most of what an event leaves behind is
 * dead by the time that this much has come, so the collector finds little to copy (docs/decisions/0009). The scripts
 * `start:api` and `start:worker` of package.json say the same.
 */
export const nodeFlags: readonly string[] = ['--max-semi-space-size=32'];
