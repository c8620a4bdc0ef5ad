import { graphql } from '../../hub/graphql.js';
import { useHubQuery } from '../../hub/useHub.js';
import { Json } from '../../parts/json.js';
import { Answer } from '../../parts/problem.js';

const settingsQuery = graphql(`
  query SegmentSyncSettings($id: ID!) {
    segmentSync(id: $id) {
      __typename
      ... on SegmentSync {
        account
        settings
      }
    }
  }
`);

/** Where and how a sync writes. Asked for apart, because viewers may read the sync and not its settings. */
export function SyncSettings({ id }: { readonly id: string }) {
  const reading = useHubQuery(settingsQuery, { id }, { isLive: false });
  return (
    <Answer reading={reading}>
      {({ segmentSync }) =>
        segmentSync.__typename === 'SegmentSync' ? (
          <>
            <p>
              It writes to <code>{segmentSync.account}</code>. Its settings cannot be changed: create another sync
              instead.
            </p>
            <Json value={segmentSync.settings} label="Settings" />
          </>
        ) : null
      }
    </Answer>
  );
}
