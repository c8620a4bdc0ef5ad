import { graphql } from '../../hub/graphql.js';
import { useHubQuery } from '../../hub/useHub.js';
import { count } from '../../parts/number.js';
import { Answer } from '../../parts/problem.js';
import { Table } from '../../parts/table.js';
import { Time } from '../../parts/time.js';

const throttledQuery = graphql(`
  query ThrottledKeys($id: ID!) {
    current(id: $id) {
      ... on Current {
        throttledKeys(first: 50) {
          nodes {
            budget
            key
            eventCount
            waitingSince
            firstDueAt
          }
        }
      }
    }
  }
`);

/** Users and devices whose events wait for their turn. */
export function Throttled({ id }: { readonly id: string }) {
  const reading = useHubQuery(throttledQuery, { id });
  return (
    <Answer reading={reading}>
      {({ current }) => (
        <Table
          caption="Users and devices whose events wait"
          rows={'throttledKeys' in current ? current.throttledKeys.nodes : []}
          keyOf={({ budget, key }) => `${budget} ${key}`}
          empty={
            <p>
              No user or device is throttled. Events wait here that arrive faster than the destination accepts them per
              user or device.
            </p>
          }
          columns={[
            { title: 'Key', cell: ({ key }) => <code>{key}</code> },
            { title: 'Limit', cell: ({ budget }) => budget },
            { title: 'Waiting events', isNumber: true, cell: ({ eventCount }) => count(eventCount) },
            { title: 'Since', cell: ({ waitingSince }) => <Time at={waitingSince} /> },
            { title: 'Next', cell: ({ firstDueAt }) => <Time at={firstDueAt} /> },
          ]}
        />
      )}
    </Answer>
  );
}
