import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import type { HubError } from '../hub/graphql.js';
import { graphql, type ResultOf, type VariablesOf } from '../hub/graphql.js';
import { useShownOperation } from '../hub/operations.js';
import { follow } from '../hub/subscription.js';
import { useHubQuery } from '../hub/useHub.js';
import { Breakable, Code } from '../parts/code.js';
import { count } from '../parts/number.js';
import { ProblemNote } from '../parts/problem.js';
import { State, words } from '../parts/state.js';
import { Table } from '../parts/table.js';
import { utc } from '../parts/time.js';
import { useFilters } from '../routing.js';

const tailSubscription = graphql(`
  subscription LiveTail($filter: LiveTailFilter) {
    liveTail(filter: $filter) {
      leftOutCount
      items {
        kind
        occurredAt
        eventType
        eventId
        code
        current {
          id
          name
        }
        ingestToken {
          name
        }
      }
    }
  }
`);

const currentsQuery = graphql(`
  query LiveTailCurrents {
    currents(first: 200) {
      nodes {
        id
        name
      }
    }
  }
`);

type Item = ResultOf<typeof tailSubscription>['liveTail']['items'][number];
type Row = Item & { readonly key: number };
type Filter = NonNullable<VariablesOf<typeof tailSubscription>['filter']>;

/** More rows are of no use to the eye, and a page of them for hours would fill the browser's memory. */
const maxRows = 200;
/** Before a stream that has ended is asked for again. */
const againMs = 2_000;

const kinds = ['ACCEPTED', 'QUARANTINED', 'DELIVERED', 'SKIPPED', 'REJECTED', 'EXPIRED'] as const;

/** A sample of events and outcomes as they happen. It pauses while the page is hidden. */
export function LiveTail() {
  const [filters, change] = useFilters();
  const kind = kinds.find((each) => each === filters.get('kind'));
  const currentId = filters.get('current');
  const eventType = filters.get('type');
  const [isPaused, setIsPaused] = useState(false);
  const [typed, setTyped] = useState(eventType ?? '');
  const currents = useHubQuery(currentsQuery, {}, { isLive: false });
  const { rows, leftOutCount, error, clear } = useTail({ kinds: kind ? [kind] : null, currentId, eventType }, isPaused);
  return (
    <>
      <div className="title">
        <h1>Live tail</h1>
        <button type="button" aria-pressed={isPaused} onClick={() => setIsPaused(!isPaused)}>
          {isPaused ? 'Resume' : 'Pause'}
        </button>
        <button type="button" onClick={clear}>
          Clear
        </button>
      </div>
      <p className="muted">
        A sample of what happens, the latest first. It names no user; an event’s id leads to all that is known of it.
      </p>
      <form
        className="filters"
        aria-label="Filters"
        onSubmit={(event) => (event.preventDefault(), change({ type: typed.trim() }))}
      >
        <label>
          What{' '}
          <select value={kind ?? ''} onChange={(event) => change({ kind: event.target.value })}>
            <option value="">Everything</option>
            {kinds.map((each) => (
              <option key={each} value={each}>
                {words(each)}
              </option>
            ))}
          </select>
        </label>
        <label>
          Current{' '}
          <select value={currentId ?? ''} onChange={(event) => change({ current: event.target.value })}>
            <option value="">All</option>
            {currents.data?.currents.nodes.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          Event type <input value={typed} maxLength={100} onChange={(event) => setTyped(event.target.value)} />
        </label>
        <button type="submit">Apply</button>
      </form>
      <ProblemNote problem={error} />
      <p role="status">
        {isPaused ? 'Paused.' : 'Following.'} {leftOutCount > 0 ? `${count(leftOutCount)} left out.` : ''}
      </p>
      <Table
        caption="What happened, the latest first"
        rows={rows}
        keyOf={({ key }) => String(key)}
        empty={
          <p>
            Nothing has happened since you opened this screen. Send an event with an ingest token:{' '}
            <Link href="/keys">Keys</Link> makes one with a command to try.
          </p>
        }
        columns={[
          {
            title: 'When (UTC)',
            cell: ({ occurredAt }) => (
              <time dateTime={occurredAt} title={utc(occurredAt)}>
                {occurredAt.slice(11, 23)}
              </time>
            ),
          },
          { title: 'What', cell: (item) => <State value={item.kind} /> },
          { title: 'Event type', cell: (item) => <Breakable text={item.eventType ?? ''} /> },
          { title: 'Event', cell: ({ eventId }) => (eventId === null ? '' : <code>{eventId}</code>) },
          {
            title: 'Where',
            cell: ({ current, ingestToken }) =>
              current ? <Link href={`/currents/${current.id}`}>{current.name}</Link> : (ingestToken?.name ?? ''),
          },
          { title: 'Why', cell: ({ code }) => (code === null ? '' : <Code text={code} />) },
        ]}
      />
    </>
  );
}

/** Follows the tail while the page is in sight and it is not paused. Another filter starts it anew. */
function useTail(filter: Filter, isPaused: boolean) {
  const [rows, setRows] = useState<readonly Row[]>([]);
  const [leftOutCount, setLeftOutCount] = useState(0);
  const [error, setError] = useState<HubError>();
  const isVisible = useVisible();
  const key = JSON.stringify(filter);
  useShownOperation(tailSubscription, { filter });

  const clear = (): void => {
    setRows([]);
    setLeftOutCount(0);
  };
  useEffect(clear, [key]);
  useEffect(() => {
    if (isPaused || !isVisible) return;
    const abort = new AbortController();
    let rowKey = Date.now() * 1_000;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const run = (): void => {
      const onData = ({ liveTail }: ResultOf<typeof tailSubscription>): void => {
        setError(undefined);
        const latest = liveTail.items.map((item): Row => ({ ...item, key: rowKey++ })).reverse();
        setRows((former) => [...latest, ...former].slice(0, maxRows));
        setLeftOutCount((sum) => sum + liveTail.leftOutCount);
      };
      follow(tailSubscription, { filter: JSON.parse(key) as Filter }, { onData, signal: abort.signal })
        .catch((failure: HubError) => setError(failure))
        .finally(() => {
          if (!abort.signal.aborted) timer = setTimeout(run, againMs);
        });
    };
    run();
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [key, isPaused, isVisible]);
  return { rows, leftOutCount, error, clear };
}

function useVisible(): boolean {
  const [isVisible, setIsVisible] = useState(!document.hidden);
  useEffect(() => {
    const onChange = (): void => setIsVisible(!document.hidden);
    document.addEventListener('visibilitychange', onChange);
    return () => document.removeEventListener('visibilitychange', onChange);
  }, []);
  return isVisible;
}
