import { useState, type FormEvent } from 'react';
import { Link } from 'wouter';
import { graphql, type ResultOf } from '../../hub/graphql.js';
import { useHubQuery } from '../../hub/useHub.js';
import { Code } from '../../parts/code.js';
import { Answer } from '../../parts/problem.js';
import { State } from '../../parts/state.js';
import { Table } from '../../parts/table.js';
import { Time } from '../../parts/time.js';
import { goTo, useFilters } from '../../routing.js';
import { Way } from './way.js';

const foundFragment = graphql(`
  fragment FoundEvent on StoredEvent @_unmask {
    storedAt
    event
    quarantinedEvent {
      id
      code
    }
    deliveries {
      status
      current {
        id
        name
      }
    }
  }
`);

const findQuery = graphql(
  `
    query FindEvent($id: String!) {
      event(eventId: $id) {
        __typename
        ... on EventNotFound {
          unsearchedDays
        }
        ... on StoredEvent {
          storedAt
          requestPosition
          event
          ingestToken {
            name
          }
          quarantinedEvent {
            code
            detail
            body
            bodyState
            releasedAt
          }
          deliveries {
            status
            attemptCount
            code
            detail
            firstAttemptAt
            lastAttemptAt
            isReplay
            wait {
              reason
              detail
              until
            }
            deadLetter {
              replayedAt
              discardedAt
            }
            current {
              id
              name
              destination {
                reasons {
                  code
                  description
                }
              }
            }
          }
          unselectedCurrents {
            id
            name
          }
        }
      }
      ofUser: events(first: 20, filter: { externalUserId: $id }) {
        nodes {
          ...FoundEvent
        }
        pageInfo {
          hasNextPage
        }
      }
      ofPlatformUser: events(first: 20, filter: { userId: $id }) {
        nodes {
          ...FoundEvent
        }
        pageInfo {
          hasNextPage
        }
      }
      ofDevice: events(first: 20, filter: { deviceId: $id }) {
        nodes {
          ...FoundEvent
        }
        pageInfo {
          hasNextPage
        }
      }
    }
  `,
  [foundFragment],
);

type Found = ResultOf<typeof findQuery>;
export type TracedEvent = Extract<Found['event'], { readonly __typename: 'StoredEvent' }>;
type Page = Found['ofUser'];

/** The address that finds what has this id. */
export const findPlace = (id: string): string => `/find?q=${encodeURIComponent(id)}`;

/** The box of every screen: an id of an event, a user or a device. */
export function FindBox() {
  const [filters] = useFilters();
  const shown = filters.get('q') ?? '';
  return <Box key={shown} shown={shown} />;
}

function Box({ shown }: { readonly shown: string }) {
  const [text, setText] = useState(shown);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (text.trim() !== '') goTo(findPlace(text.trim()));
  };
  return (
    <form role="search" aria-label="Find an event" className="find" onSubmit={submit}>
      <input
        id="find"
        type="search"
        aria-label="Id of an event, user or device"
        placeholder="Find an event, user or device ( / )"
        autoComplete="off"
        spellCheck={false}
        maxLength={1_000}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </form>
  );
}

/** Where an event is and all that became of it, and the events of a user or device. */
export function Find() {
  const [filters] = useFilters();
  const id = filters.get('q') ?? '';
  return (
    <>
      <h1>Find an event</h1>
      {id === '' ? (
        <div className="empty">
          <p>
            Press <kbd>/</kbd> and paste the id of an event, a user or a device. The console shows when an event came,
            and what became of it at each Current.
          </p>
        </div>
      ) : (
        <Results key={id} id={id} />
      )}
    </>
  );
}

function Results({ id }: { readonly id: string }) {
  const reading = useHubQuery(findQuery, { id }, { isLive: false });
  return (
    <Answer reading={reading}>
      {({ event, ofUser, ofPlatformUser, ofDevice }) => {
        const lists = [
          { title: 'Events of the user with this external id', page: ofUser },
          { title: 'Events of the user with this id of the messaging platform', page: ofPlatformUser },
          { title: 'Events of this device', page: ofDevice },
        ].filter(({ page }) => page.nodes.length > 0 || page.pageInfo.hasNextPage);
        const isFound = event.__typename === 'StoredEvent';
        return (
          <>
            {isFound ? <Way id={id} event={event} /> : null}
            {lists.map(({ title, page }) => (
              <section key={title}>
                <h2>{title}</h2>
                <Events title={title} page={page} />
              </section>
            ))}
            {isFound || lists.length > 0 ? null : (
              <div className="empty">
                <p>
                  No event, user or device has the id <code>{id}</code>. Events are kept for the retention period.
                </p>
              </div>
            )}
            {'unsearchedDays' in event && event.unsearchedDays.length > 0 ? (
              <p className="note warn">
                These days are not searched yet, as workers still index them: {event.unsearchedDays.join(', ')}.
              </p>
            ) : null}
          </>
        );
      }}
    </Answer>
  );
}

function Events({ title, page: { nodes, pageInfo } }: { readonly title: string; readonly page: Page }) {
  return (
    <>
      <Table
        caption={title}
        rows={nodes.map((node, index) => ({ ...node, index }))}
        keyOf={({ index }) => String(index)}
        empty={<p>The newest of them are not on this page.</p>}
        columns={[
          { title: 'Event', cell: (row) => <EventLink event={row.event} /> },
          { title: 'Type', cell: ({ event }) => <Code text={textOf(event?.['event_type'])} /> },
          { title: 'Received', cell: ({ storedAt }) => <Time at={storedAt} /> },
          {
            title: 'What became of it',
            cell: ({ quarantinedEvent, deliveries }) =>
              quarantinedEvent ? (
                <Link href={`/quarantine?code=${quarantinedEvent.code}`}>
                  <State value="QUARANTINED" />
                </Link>
              ) : deliveries.length === 0 ? (
                <State value="UNSELECTED" />
              ) : (
                <ul className="names">
                  {deliveries.map(({ status, current }, index) => (
                    <li key={index}>
                      <State value={status} /> <Link href={`/currents/${current.id}`}>{current.name}</Link>
                    </li>
                  ))}
                </ul>
              ),
          },
        ]}
      />
      {pageInfo.hasNextPage ? (
        <p className="muted">These are the newest 20. The query events reads the others: see Copy query.</p>
      ) : null}
    </>
  );
}

function EventLink({ event }: { readonly event: Readonly<Record<string, unknown>> | null }) {
  const id = textOf(event?.['id']);
  return id === '' ? <span className="muted">in quarantine</span> : <Link href={findPlace(id)}>{id}</Link>;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
