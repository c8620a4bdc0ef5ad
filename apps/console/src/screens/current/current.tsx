import { Link } from 'wouter';
import { graphql, type ResultOf } from '../../hub/graphql.js';
import { useHubQuery } from '../../hub/useHub.js';
import { Answer, ProblemNote } from '../../parts/problem.js';
import { lazyScreen } from '../../parts/lazyScreen.js';
import { State } from '../../parts/state.js';
import { Time } from '../../parts/time.js';
import { AuditTable } from '../activity.js';
import { Actions } from './actions.js';
import { Health } from './health.js';
import { Settings } from './settings.js';
import { Skipped } from './skipped.js';
import { Throttled } from './throttled.js';

const Edit = lazyScreen(async () => (await import('./edit.js')).Edit);
const Rules = lazyScreen(async () => (await import('./rules.js')).Rules);
const Replay = lazyScreen(async () => (await import('./replay.js')).Replay);
const CredentialRotation = lazyScreen(async () => (await import('./rotation.js')).CredentialRotation);

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
        selection {
          groups
          channels
          eventTypes
        }
        eventTypes
        allowedActions
        oldestPendingAt
        retryWindowEndsAt
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
          unselected
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
  { name: 'skipped', title: 'Skipped' },
  { name: 'throttled', title: 'Throttled keys' },
  { name: 'settings', title: 'Settings' },
  { name: 'edit', title: 'Edit' },
  { name: 'rules', title: 'Field rules' },
  { name: 'credentials', title: 'Credentials' },
  { name: 'replay', title: 'Replay' },
  { name: 'history', title: 'History' },
] as const;

/** One Current: what happens to its events, and what can be done about it. */
export function Current({ id, tab }: { readonly id: string; readonly tab: string }) {
  const reading = useHubQuery(currentQuery, { id }, { isQuick: true });
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
        <Link href={`/notices?current=${current.id}`}>Notices</Link>
      </nav>
      {tab === 'skipped' ? <Skipped current={current} /> : null}
      {tab === 'throttled' ? <Throttled id={current.id} /> : null}
      {tab === 'settings' ? <Settings current={current} /> : null}
      {tab === 'edit' ? <Edit current={current} /> : null}
      {tab === 'rules' ? <Rules current={current} /> : null}
      {tab === 'credentials' ? <CredentialRotation current={current} /> : null}
      {tab === 'replay' ? <Replay current={current} /> : null}
      {tab === 'history' ? <AuditTable targetId={current.id} /> : null}
      {tab === 'health' ? <Health current={current} /> : null}
    </>
  );
}
