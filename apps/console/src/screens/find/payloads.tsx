import { Json } from '../../parts/json.js';
import { words } from '../../parts/state.js';
import type { TracedEvent } from './find.js';

/** What came in. */
export function Payloads({ event: { event, quarantinedEvent } }: { readonly event: TracedEvent }) {
  const body = event ?? quarantinedEvent?.body ?? null;
  return (
    <div className="payloads">
      <section>
        <h3>What came in</h3>
        {body === null ? (
          <p>Its body is not kept{quarantinedEvent ? ` (${words(quarantinedEvent.bodyState).toLowerCase()})` : ''}.</p>
        ) : (
          <Json value={body} label="Event as it came in" />
        )}
      </section>
    </div>
  );
}
