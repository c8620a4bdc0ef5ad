import { graphql } from '../hub/graphql.js';
import { useHubQuery } from '../hub/useHub.js';
import { Json } from '../parts/json.js';
import { Answer } from '../parts/problem.js';
import { words } from '../parts/state.js';
import { Pages, Table } from '../parts/table.js';
import { Time } from '../parts/time.js';
import { useFilters } from '../routing.js';

const auditQuery = graphql(`
  query AuditLog($first: Int!, $after: String, $filter: AuditLogFilter) {
    auditLog(first: $first, after: $after, filter: $filter) {
      nodes {
        id
        action
        occurredAt
        succeeded
        result
        targetId
        arguments
        actor {
          kind
          adminToken {
            name
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export function Activity() {
  return (
    <>
      <h1>Activity</h1>
      <p className="muted">What admins and the hub itself did, the latest first. Entries are kept for ever.</p>
      <AuditTable />
    </>
  );
}

/** The audit log, of one object if its id is given. */
export function AuditTable({ targetId }: { readonly targetId?: string }) {
  const [filters, change] = useFilters();
  const after = filters.get('after');
  const reading = useHubQuery(auditQuery, {
    first: 50,
    after,
    filter: targetId === undefined ? null : { targetId },
  });
  return (
    <Answer reading={reading}>
      {({ auditLog }) => (
        <>
          <Table
            caption="Audit log"
            rows={auditLog.nodes}
            keyOf={({ id }) => id}
            empty={<p>Nothing was done yet.</p>}
            columns={[
              { title: 'When', cell: ({ occurredAt }) => <Time at={occurredAt} /> },
              {
                title: 'Who',
                cell: ({ actor }) =>
                  actor.kind === 'SYSTEM' ? 'the hub' : (actor.adminToken?.name ?? 'a deleted token'),
              },
              { title: 'What', cell: ({ action }) => words(action) },
              { title: 'On', cell: ({ targetId: target }) => (target ? <code>{target}</code> : '') },
              { title: 'Result', cell: ({ succeeded, result }) => (succeeded ? 'done' : <code>{result}</code>) },
              {
                title: 'With',
                cell: ({ arguments: given }) =>
                  given ? (
                    <details>
                      <summary>Arguments</summary>
                      <Json value={given} label="Arguments" />
                    </details>
                  ) : (
                    ''
                  ),
              },
            ]}
          />
          <Pages pageInfo={auditLog.pageInfo} after={after} onPage={(next) => change({ after: next })} />
        </>
      )}
    </Answer>
  );
}
