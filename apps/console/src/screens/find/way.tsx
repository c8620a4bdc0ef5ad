import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { count } from '../../parts/number.js';
import { State, words } from '../../parts/state.js';
import { Time } from '../../parts/time.js';
import type { TracedEvent } from './find.js';
import { Payloads } from './payloads.js';

type Delivery = TracedEvent['deliveries'][number];

/** The way that an event went, from its arrival to each Current. */
export function Way({ id, event }: { readonly id: string; readonly event: TracedEvent }) {
  const { storedAt, ingestToken, requestPosition, quarantinedEvent, deliveries, unselectedCurrents } = event;
  return (
    <section aria-label="The way of the event">
      <h2>
        Event <code>{id}</code>
      </h2>
      <ol className="way">
        <Stop state={quarantinedEvent ? 'QUARANTINED' : 'ACCEPTED'}>
          <Time at={storedAt} />
          {ingestToken ? <> with the ingest token {ingestToken.name}</> : null}
          {requestPosition === null ? null : <>, number {count(requestPosition + 1)} of its request</>}
          {quarantinedEvent ? (
            <p className="reason">
              <Link href={`/quarantine?code=${quarantinedEvent.code}`}>{words(quarantinedEvent.code)}</Link>:{' '}
              {quarantinedEvent.detail}
              {quarantinedEvent.releasedAt ? (
                <>
                  {' '}
                  It was released <Time at={quarantinedEvent.releasedAt} />.
                </>
              ) : null}
            </p>
          ) : null}
        </Stop>
        {deliveries.map((delivery, index) => (
          <AtCurrent key={index} id={id} delivery={delivery} />
        ))}
        {unselectedCurrents.map((current) => (
          <Stop key={current.id} state="UNSELECTED">
            <Link href={`/currents/${current.id}/settings`}>{current.name}</Link> did not select it, or was not live
            when it came.
          </Stop>
        ))}
        {quarantinedEvent === null && deliveries.length === 0 && unselectedCurrents.length === 0 ? (
          <Stop state="UNSELECTED">No Current was there when it came.</Stop>
        ) : null}
      </ol>
      <Payloads id={id} event={event} />
    </section>
  );
}

function Stop({ state, children }: { readonly state: string; readonly children: ReactNode }) {
  return (
    <li>
      <State value={state} /> {children}
    </li>
  );
}

function AtCurrent({
  id,
  delivery: { status, current, attemptCount, code, detail, firstAttemptAt, lastAttemptAt, isReplay, wait, deadLetter },
}: {
  readonly id: string;
  readonly delivery: Delivery;
}) {
  const meaning = current.destination?.reasons.find((reason) => reason.code === code)?.description;
  return (
    <Stop state={status}>
      <Link href={`/currents/${current.id}`}>{current.name}</Link>
      {isReplay ? ' (replay)' : ''}
      {lastAttemptAt ? (
        <>
          , <Time at={lastAttemptAt} />
        </>
      ) : null}
      {attemptCount > 1 ? (
        <>
          , after {count(attemptCount)} attempts
          {firstAttemptAt ? (
            <>
              , the first <Time at={firstAttemptAt} />
            </>
          ) : null}
        </>
      ) : null}
      {wait ? (
        <p className="reason">
          {waits[wait.reason]}
          {wait.until ? (
            <>
              , next attempt <Time at={wait.until} />
            </>
          ) : null}
          {wait.detail ? `: ${wait.detail}` : ''}
        </p>
      ) : null}
      {code === null ? null : (
        <p className="reason">
          <code>{code}</code> {detail ?? meaning}
        </p>
      )}
      {deadLetter ? (
        <p className="reason">
          <Link href={`/dead-letters?current=${current.id}&eventId=${encodeURIComponent(id)}`}>Its dead letter</Link>{' '}
          {deadLetter.replayedAt ? (
            <>
              was replayed <Time at={deadLetter.replayedAt} />
            </>
          ) : deadLetter.discardedAt ? (
            <>
              was discarded <Time at={deadLetter.discardedAt} />
            </>
          ) : (
            'waits for a replay'
          )}
          .
        </p>
      ) : null}
    </Stop>
  );
}

const waits: Readonly<Record<NonNullable<Delivery['wait']>['reason'], string>> = {
  BLOCKED: 'Waits while the Current is blocked',
  CURRENT_DEFERRED: 'Waits with the whole Current',
  DUE: 'Waits for its turn',
  EVENT_DEFERRED: 'Waits for its next attempt',
  IN_FLIGHT: 'An attempt is under way',
  KEY_THROTTLED: 'Waits, as its user or device is over a limit',
  PAUSED: 'Waits while the Current is paused',
};
