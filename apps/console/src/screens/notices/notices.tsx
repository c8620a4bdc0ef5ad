import { Link } from 'wouter';
import { graphql, type ResultOf } from '../../hub/graphql.js';
import { useHubQuery } from '../../hub/useHub.js';
import { count } from '../../parts/number.js';
import { Answer } from '../../parts/problem.js';
import { State, words } from '../../parts/state.js';
import { Pages, Table } from '../../parts/table.js';
import { Time } from '../../parts/time.js';
import { useFilters } from '../../routing.js';
import { placeOfFinding } from '../placeOf.js';
import { whatToDo } from '../whatToDo.js';
import { Mutes } from './mutes.js';
import { NoticeWebhooks } from './noticeWebhooks.js';
import { TestNotice } from './testNotice.js';

const noticesQuery = graphql(`
  query Notices($after: String, $filter: NoticeFilter) {
    notices(first: 50, after: $after, filter: $filter) {
      nodes {
        id
        kind
        severity
        state
        message
        remedy
        raisedAt
        endedAt
        eventCount
        node {
          __typename
          id
        }
        deliveries {
          channel
          state
          recipient
          attempts
          sentAt
          failureDetail
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

type Notice = ResultOf<typeof noticesQuery>['notices']['nodes'][number];

const states = ['SENT', 'PENDING', 'FAILED', 'NO_RECIPIENT', 'MUTED'] as const;

/** What the hub has sent to people, and to whom; what is muted; and the webhooks that get notices. */
export function Notices() {
  const [filters, change] = useFilters();
  const [currentId, after] = [filters.get('current'), filters.get('after')];
  const state = states.find((known) => known === filters.get('state'));
  const filter = { ...(currentId !== null && { currentId }), ...(state && { state }) };
  const reading = useHubQuery(noticesQuery, { after, filter });
  return (
    <>
      <h1>Notices</h1>
      <p className="muted">
        What the hub sends to people when something needs one, or is right again. A hub that nothing is wrong with is
        silent.
      </p>
      <div className="filters" role="group" aria-label="Filters">
        <button
          type="button"
          aria-pressed={state === undefined}
          onClick={() => change({ state: undefined, after: undefined })}
        >
          All states
        </button>
        {states.map((known) => (
          <button
            key={known}
            type="button"
            aria-pressed={state === known}
            onClick={() => change({ state: known, after: undefined })}
          >
            {words(known)}
          </button>
        ))}
        {currentId === null ? null : (
          <button type="button" onClick={() => change({ current: undefined, after: undefined })}>
            Of one Current ✕
          </button>
        )}
      </div>
      <Answer reading={reading}>
        {({ notices }) => (
          <>
            <Table
              caption="Notices, the latest first"
              rows={notices.nodes}
              keyOf={({ id }) => id}
              empty={<p>No notice is here. Send a test notice to see whether it arrives.</p>}
              columns={[
                { title: 'Urgency', cell: ({ severity }) => <State value={severity} /> },
                { title: 'What', cell: (notice) => <What notice={notice} /> },
                { title: 'State', cell: (notice) => <State value={notice.state} /> },
                { title: 'Sent to', cell: ({ deliveries }) => <Deliveries deliveries={deliveries} /> },
                { title: 'Raised', cell: ({ raisedAt }) => <Time at={raisedAt} /> },
                {
                  title: 'Over',
                  about: 'When what it is about was right again',
                  cell: ({ endedAt }) => (endedAt ? <Time at={endedAt} /> : ''),
                },
              ]}
            />
            <Pages pageInfo={notices.pageInfo} after={after} onPage={(next) => change({ after: next })} />
          </>
        )}
      </Answer>
      <TestNotice currentId={currentId} />
      <Mutes currentId={currentId} />
      <NoticeWebhooks />
    </>
  );
}

function What({ notice: { kind, message, remedy, node, eventCount } }: { readonly notice: Notice }) {
  const to = placeOfFinding(kind, node);
  return (
    <>
      <strong>{words(kind)}</strong>
      {eventCount === null ? '' : `, ${count(eventCount)} events`}
      <br />
      {to ? <Link href={to}>{message}</Link> : message}
      <div className="muted reason">{whatToDo({ kind, remedy })}</div>
    </>
  );
}

function Deliveries({ deliveries }: Pick<Notice, 'deliveries'>) {
  if (deliveries.length === 0) return '';
  return (
    <ul className="names">
      {deliveries.map(({ channel, recipient, state, attempts, sentAt, failureDetail }) => (
        <li key={`${channel} ${recipient}`}>
          {recipient}: {words(state).toLowerCase()} {sentAt ? <Time at={sentAt} /> : null}
          {failureDetail === null ? null : (
            <div className="muted reason">
              after {count(attempts)} attempts: {failureDetail}
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}
