import { AdminTokens } from './adminTokens.js';
import { ImportKeys } from './importKeys.js';
import { IngestTokens } from './ingestTokens.js';

/** Secrets that others use the hub with. Each is shown once, when it is created. */
export function Keys() {
  return (
    <>
      <h1>Keys</h1>
      <p className="muted">Each is shown once, when it is created. The hub keeps only its hash.</p>
      <IngestTokens />
      <ImportKeys />
      <AdminTokens />
    </>
  );
}
