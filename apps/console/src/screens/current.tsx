import { useState } from 'react';
import { Link } from 'wouter';
import { graphql, type ResultOf } from '../hub/graphql.js';
import { useHubMutation, useHubQuery } from '../hub/useHub.js';
import { Confirm } from '../parts/confirm.js';
import { Json } from '../parts/json.js';
import { count } from '../parts/number.js';
import { Outcomes } from '../parts/outcomes.js';
import { Answer, ProblemNote } from '../parts/problem.js';
import { State } from '../parts/state.js';
import { Table } from '../parts/table.js';
import { duration, Time, useNowMs } from '../parts/time.js';
import { AuditTable } from './activity.js';
import { CredentialsForm } from './credentials.js';

const currentQuery = graphql(`
  query Current($id: ID!) {
    current(id: $id) {
      __typename
      ... on Problem {
        message
        remedy
      }
      ... on Current {
        id
        name
        contactEmail
        destinationName
        state
        stateChangedAt
        version
        lingerMs
        settings
        eventTypes
        allowedActions
        oldestPendingAt
        block {
          code
          detail
          blockedAt
          nextProbeAt
        }
        deferral {
          code
          detail
          until
        }
        warnings {
          code
          message
        }
        credentials {
          kind
          fields
        }
        destination {
          label
          credentialsSchema
          reasons {
            code
            description
          }
        }
        counts {
          selected
          delivered
          skipped
          rejected
          expired
          pending
          skippedReasons {
            code
            eventCount
          }
          rejectedReasons {
            code
            eventCount
          }
          expiredReasons {
            code
            eventCount
          }
        }
      }
    }
  }
`);

export type CurrentData = Extract<ResultOf<typeof currentQuery>['current'], { readonly __typename: 'Current' }>;

const tabs = [
  { name: 'health', title: 'Health' },
  { name: 'throttled', title: 'Throttled keys' },
  { name: 'settings', title: 'Settings' },
  { name: 'history', title: 'History' },
] as const;

/** One Current: what happens to its events, and what can be done about it. */
export function Current({ id, tab }: { readonly id: string; readonly tab: string }) {
  const reading = useHubQuery(currentQuery, { id });
  return (
    <Answer reading={reading}>
      {({ current }) =>
        current.__typename === 'Current' ? (
          <Loaded current={current} tab={tab} />
        ) : (
          <>
            <h1>No such Current</h1>
            <ProblemNote problem={current} />
            <Link href="/currents">All Currents</Link>
          </>
        )
      }
    </Answer>
  );
}

function Loaded({ current, tab }: { readonly current: CurrentData; readonly tab: string }) {
  return (
    <>
      <div className="title">
        <h1>{current.name}</h1>
        <State value={current.state} />
        <span className="muted">
          {current.destination?.label ?? current.destinationName}, since <Time at={current.stateChangedAt} />
        </span>
      </div>
      <Actions current={current} />
      <nav className="tabs" aria-label="Views of this Current">
        {tabs.map(({ name, title }) => (
          <Link key={name} href={`/currents/${current.id}/${name}`} aria-current={tab === name ? 'page' : undefined}>
            {title}
          </Link>
        ))}
        <Link href={`/dead-letters?current=${current.id}`}>Dead letters</Link>
      </nav>
      {tab === 'throttled' ? <Throttled id={current.id} /> : null}
      {tab === 'settings' ? <Settings current={current} /> : null}
      {tab === 'history' ? <AuditTable targetId={current.id} /> : null}
      {tab === 'health' ? <Health current={current} /> : null}
    </>
  );
}

const launchMutation = graphql(`
  mutation LaunchCurrent($input: LaunchCurrentInput!) {
    launchCurrent(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);
const pauseMutation = graphql(`
  mutation PauseCurrent($input: PauseCurrentInput!) {
    pauseCurrent(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);
const resumeMutation = graphql(`
  mutation ResumeCurrent($input: ResumeCurrentInput!) {
    resumeCurrent(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);
const testMutation = graphql(`
  mutation TestCredentials($input: TestCredentialsInput!) {
    testCredentials(input: $input) {
      __typename
      ... on TestCredentialsPayload {
        message
      }
      ... on Problem {
        message
        remedy
      }
    }
  }
`);
const deleteMutation = graphql(`
  mutation DeleteCurrent($input: DeleteCurrentInput!) {
    deleteCurrent(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

interface Said {
  readonly __typename: string;
  readonly message?: string;
  readonly remedy?: string | null;
}

/** What its state allows. */
function Actions({ current: { id, name, allowedActions, counts } }: { readonly current: CurrentData }) {
  const [launch, pause, resume, test, remove] = [
    useHubMutation(launchMutation),
    useHubMutation(pauseMutation),
    useHubMutation(resumeMutation),
    useHubMutation(testMutation),
    useHubMutation(deleteMutation),
  ];
  const [said, setSaid] = useState<Said>();
  const [isDeleting, setIsDeleting] = useState(false);
  const may = (action: (typeof allowedActions)[number]): boolean => allowedActions.includes(action);
  const say = (answer: Said | undefined, done: string): void =>
    setSaid(answer && 'message' in answer ? answer : { __typename: 'Done', message: done });
  const fail = (error: Error): void => setSaid({ __typename: 'Error', message: error.message });
  const input = { input: { id } };
  const isGood = said?.__typename === 'Done' || said?.__typename === 'TestCredentialsPayload';
  return (
    <>
      <div className="actions">
        {may('LAUNCH') ? (
          <button
            type="button"
            className="primary"
            disabled={launch.isPending}
            onClick={() =>
              launch.mutate(input, { onSuccess: (data) => say(data.launchCurrent, 'It is live.'), onError: fail })
            }
          >
            Launch
          </button>
        ) : null}
        {may('PAUSE') ? (
          <button
            type="button"
            disabled={pause.isPending}
            onClick={() =>
              pause.mutate(input, {
                onSuccess: (data) => say(data.pauseCurrent, 'It is paused. Its events wait.'),
                onError: fail,
              })
            }
          >
            Pause
          </button>
        ) : null}
        {may('RESUME') ? (
          <button
            type="button"
            className="primary"
            disabled={resume.isPending}
            onClick={() =>
              resume.mutate(input, { onSuccess: (data) => say(data.resumeCurrent, 'It is live again.'), onError: fail })
            }
          >
            Resume
          </button>
        ) : null}
        {may('TEST') ? (
          <button
            type="button"
            disabled={test.isPending}
            onClick={() =>
              test.mutate(
                { input: { currentId: id } },
                { onSuccess: (data) => say(data.testCredentials, ''), onError: fail },
              )
            }
          >
            Test now
          </button>
        ) : null}
        {may('DELETE') ? (
          <button type="button" className="danger" onClick={() => setIsDeleting(true)}>
            Delete…
          </button>
        ) : null}
      </div>
      {said === undefined ? null : isGood ? (
        <p className="note good" role="status">
          {said.message}
        </p>
      ) : (
        <ProblemNote problem={{ message: said.message ?? '', remedy: said.remedy ?? null }} />
      )}
      {isDeleting ? (
        <Confirm
          title={`Delete ${name}`}
          name={name}
          action="Delete"
          isBusy={remove.isPending}
          onClose={() => setIsDeleting(false)}
          onConfirm={() =>
            remove.mutate(
              { input: { id, confirmName: name } },
              {
                onSuccess: (data) => {
                  say(data.deleteCurrent, 'It is deleted.');
                  setIsDeleting(false);
                },
                onError: fail,
              },
            )
          }
        >
          <p>
            It delivers nothing from now on, and its credentials are erased. {count(counts.pending)} pending events are
            not sent. This cannot be undone.
          </p>
        </Confirm>
      ) : null}
    </>
  );
}

function Health({ current }: { readonly current: CurrentData }) {
  const { block, deferral, warnings, counts, id, destination } = current;
  const meanings = new Map((destination?.reasons ?? []).map(({ code, description }) => [code, description]));
  return (
    <>
      {block ? <Blocked current={current} block={block} /> : null}
      {deferral ? (
        <p className="note warn">
          It waits until <Time at={deferral.until} />: {deferral.detail}
        </p>
      ) : null}
      {warnings.map(({ code, message }) => (
        <p key={code} className="note warn">
          {message}
        </p>
      ))}
      <h2>Outcomes since it was created</h2>
      <p className="muted">
        {count(counts.selected)} events were selected. Each has one of these outcomes; a replayed event counts again.
      </p>
      <Outcomes counts={counts} currentId={id} meanings={meanings} />
    </>
  );
}

function Blocked({
  current,
  block: { detail, blockedAt, nextProbeAt },
}: {
  readonly current: CurrentData;
  readonly block: NonNullable<CurrentData['block']>;
}) {
  const nowMs = useNowMs();
  return (
    <div className="note bad" role="status">
      <p>
        <strong>Blocked</strong> <Time at={blockedAt} />: {detail}
      </p>
      <p>
        Its events are kept for the retry window.{' '}
        {nextProbeAt ? (
          <>
            The hub tries again in <span className="countdown">{duration(Date.parse(nextProbeAt) - nowMs)}</span>.
          </>
        ) : (
          'The hub does not try again by itself.'
        )}
      </p>
      <CredentialsForm current={current} />
    </div>
  );
}

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

function Throttled({ id }: { readonly id: string }) {
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

function Settings({ current }: { readonly current: CurrentData }) {
  const { contactEmail, settings, eventTypes, lingerMs, credentials } = current;
  return (
    <>
      <dl className="facts">
        <dt>Contact</dt>
        <dd>{contactEmail}</dd>
        <dt>Credentials</dt>
        <dd>{credentials ? `${credentials.kind ?? 'stored'}: ${credentials.fields.join(', ')}` : 'none'}</dd>
        <dt>Gathers events for up to</dt>
        <dd>{lingerMs} ms</dd>
        <dt>Settings of the destination</dt>
        <dd>
          <Json value={settings} label="Settings" />
        </dd>
        <dt>{count(eventTypes.length)} event types</dt>
        <dd>
          <ul className="names">
            {eventTypes.map((name) => (
              <li key={name}>
                <code>{name}</code>
              </li>
            ))}
          </ul>
        </dd>
      </dl>
      <h2>New credentials</h2>
      <CredentialsForm current={current} />
    </>
  );
}
