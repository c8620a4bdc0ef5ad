import { useState } from 'react';
import { Link } from 'wouter';
import { graphql, type ResultOf } from '../hub/graphql.js';
import { useHubQuery } from '../hub/useHub.js';
import { Count, count } from '../parts/number.js';
import { Answer } from '../parts/problem.js';
import { State, words } from '../parts/state.js';
import { Pages, Table } from '../parts/table.js';
import { Time } from '../parts/time.js';
import { useFilters } from '../routing.js';
import { CurrentsTable, currentsQuery } from './currents.js';
import { placeOfFinding } from './placeOf.js';
import { whatToDo } from './whatToDo.js';

const overviewQuery = graphql(`
  query Overview {
    overview {
      checkedAt
      liveWorkerCount
      deadLetterCount
      quarantinedEventCount
      itemCount
      totals {
        pendingCount
        oldestPendingAt
        selectedTodayCount
        deliveredTodayCount
        currentsByState {
          state
          currentCount
        }
      }
      items(first: 20) {
        kind
        severity
        message
        remedy
        startedAt
        count
        node {
          __typename
          id
        }
      }
    }
  }
`);

type OverviewData = ResultOf<typeof overviewQuery>['overview'];

/** What is wrong now, on top; then every Current. */
export function Overview() {
  const [filters, change] = useFilters();
  const after = filters.get('after');
  const reading = useHubQuery(overviewQuery, {});
  const currents = useHubQuery(currentsQuery, { first: 50, after, filter: null, orderBy: null });
  return (
    <>
      <h1>Overview</h1>
      <Answer reading={reading}>
        {({ overview }) => (
          <>
            <Strip overview={overview} />
            <section>
              <h2>Needs a person</h2>
              <Items overview={overview} />
            </section>
          </>
        )}
      </Answer>
      {/* Not before what stands above it: it would be pushed down while it is being read. */}
      {reading.isPending ? null : (
        <section>
          <h2>Currents</h2>
          <Answer reading={currents}>
            {(data) => (
              <>
                <CurrentsTable currents={data.currents.nodes} />
                <Pages pageInfo={data.currents.pageInfo} after={after} onPage={(next) => change({ after: next })} />
              </>
            )}
          </Answer>
        </section>
      )}
    </>
  );
}

function Strip({ overview }: { readonly overview: OverviewData }) {
  const { totals, liveWorkerCount, deadLetterCount, quarantinedEventCount } = overview;
  const rates = useRates(overview);
  const blocked = totals?.currentsByState.find(({ state }) => state === 'BLOCKED')?.currentCount ?? 0;
  return (
    <dl className="strip">
      <Figure title="Selected today" about="Events that Currents have taken since midnight UTC">
        {totals ? <Count value={totals.selectedTodayCount} to="/currents" /> : 'unknown'}
        <Rate perSecond={rates?.selected} />
      </Figure>
      <Figure title="Delivered today" about="Events that destinations have accepted since midnight UTC">
        {totals ? <Count value={totals.deliveredTodayCount} to="/currents" /> : 'unknown'}
        <Rate perSecond={rates?.delivered} />
      </Figure>
      <Figure title="Pending" about="Events that wait to be delivered now">
        {totals ? <Count value={totals.pendingCount} to="/currents" /> : 'unknown'}
      </Figure>
      <Figure title="Oldest pending" about="When the oldest waiting event came">
        {totals?.oldestPendingAt ? <Time at={totals.oldestPendingAt} /> : 'none'}
      </Figure>
      <Figure title="Blocked" about="Currents that their destination refuses now">
        <Count value={blocked} to="/currents?trouble=person" />
      </Figure>
      <Figure title="Dead letters" about="Events that could not be delivered and were not replayed">
        {deadLetterCount === null ? 'unknown' : <Count value={deadLetterCount} to="/dead-letters" />}
      </Figure>
      <Figure title="Quarantined" about="Events that were refused on arrival and are kept">
        {quarantinedEventCount === null ? 'unknown' : <Count value={quarantinedEventCount} to="/quarantine" />}
      </Figure>
      <Figure title="Workers" about="Worker processes that are alive now">
        {liveWorkerCount === null ? 'unknown' : <Count value={liveWorkerCount} to="/hub" />}
      </Figure>
    </dl>
  );
}

interface Counted {
  readonly atMs: number;
  readonly selected: number;
  readonly delivered: number;
}

/** Events a second between the last two readings; undefined before the second one, and after midnight. */
function useRates({ checkedAt, totals }: OverviewData): { selected: number; delivered: number } | undefined {
  const [{ last, before }, keep] = useState<{ last?: Counted; before?: Counted }>({});
  const atMs = Date.parse(checkedAt);
  // React renders again at once, before it shows anything.
  if (totals && atMs !== last?.atMs) {
    const { selectedTodayCount: selected, deliveredTodayCount: delivered } = totals;
    keep({ last: { atMs, selected, delivered }, ...(last && { before: last }) });
  }
  if (!last || !before || last.selected < before.selected) return undefined;
  const seconds = (last.atMs - before.atMs) / 1_000;
  const perSecond = (of: 'selected' | 'delivered'): number => Math.max(0, last[of] - before[of]) / seconds;
  return { selected: perSecond('selected'), delivered: perSecond('delivered') };
}

function Rate({ perSecond }: { readonly perSecond: number | undefined }) {
  return (
    <small className="muted" title="Events a second since this screen was last read">
      {perSecond === undefined
        ? '–/s'
        : `${count(perSecond < 10 ? Number(perSecond.toFixed(1)) : Math.round(perSecond))}/s`}
    </small>
  );
}

function Figure({
  title,
  about,
  children,
}: {
  readonly title: string;
  readonly about: string;
  readonly children: React.ReactNode;
}) {
  return (
    <div title={about}>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Items({ overview }: { readonly overview: OverviewData }) {
  return (
    <Table
      caption="What needs a person, the most urgent first"
      rows={overview.items}
      keyOf={({ kind, node }) => `${kind} ${node?.id ?? ''}`}
      empty={
        <p>
          Nothing needs a person. Looked at <Time at={overview.checkedAt} />.
        </p>
      }
      columns={[
        { title: 'Urgency', cell: ({ severity }) => <State value={severity} /> },
        { title: 'What', cell: ({ kind, message, node }) => <Subject kind={kind} message={message} node={node} /> },
        { title: 'What to do', cell: whatToDo },
        { title: 'Since', cell: ({ startedAt }) => (startedAt ? <Time at={startedAt} /> : '') },
      ]}
    />
  );
}

function Subject({ kind, message, node }: Pick<OverviewData['items'][number], 'kind' | 'message' | 'node'>) {
  const to = placeOfFinding(kind, node);
  return (
    <>
      <strong>{words(kind)}</strong>
      <br />
      {to ? <Link href={to}>{message}</Link> : message}
    </>
  );
}
