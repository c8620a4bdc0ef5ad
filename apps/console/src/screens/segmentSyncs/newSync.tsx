import { useMemo, useState, type FormEvent } from 'react';
import { Link } from 'wouter';
import { ask, graphql, type ResultOf, type VariablesOf } from '../../hub/graphql.js';
import { useHubMutation, useHubQuery } from '../../hub/useHub.js';
import { Answer, problemOf, ProblemNote } from '../../parts/problem.js';
import { isComplete, SchemaForm, type Values } from '../../parts/schemaForm.js';
import { TestAsTyped } from '../../parts/testAsTyped.js';
import { goTo } from '../../routing.js';
import { Plan, usePlan, type Planned } from './plan.js';

const segmentQuery = graphql(`
  query SegmentToSync($id: ID!) {
    segment(id: $id) {
      __typename
      ... on Problem {
        message
        remedy
      }
      ... on Segment {
        id
        name
      }
    }
  }
`);

const destinationsQuery = graphql(`
  query SegmentDestinations($segmentName: String!) {
    segmentDestinations {
      name
      label
      settingsSchema
      credentialsSchema
      nameSetting
      suggestedName(segmentName: $segmentName)
    }
  }
`);

const testMutation = graphql(`
  mutation TestNewSegmentSync($input: TestSegmentSyncInput!) {
    testSegmentSync(input: $input) {
      __typename
      ... on TestSegmentSyncPayload {
        message
      }
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

const createMutation = graphql(`
  mutation CreateSegmentSync($input: CreateSegmentSyncInput!) {
    createSegmentSync(input: $input) {
      __typename
      ... on CreateSegmentSyncPayload {
        segmentSync {
          id
        }
      }
      ... on InputInvalid {
        problems {
          path
          message
        }
      }
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

const launchMutation = graphql(`
  mutation LaunchNewSegmentSync($input: LaunchSegmentSyncInput!) {
    launchSegmentSync(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

interface SegmentToSync {
  readonly id: string;
  readonly name: string;
}
type Created = ResultOf<typeof createMutation>['createSegmentSync'];
type Destinations = ResultOf<typeof destinationsQuery>['segmentDestinations'];

/** Syncs a segment to a destination: what the first sync takes is planned before anything is stored. */
export function NewSync({ segmentId }: { readonly segmentId: string }) {
  const reading = useHubQuery(segmentQuery, { id: segmentId }, { isLive: false });
  return (
    <>
      <h1>Sync to a destination</h1>
      <Answer reading={reading}>
        {({ segment }) =>
          segment.__typename === 'Segment' ? <OfSegment segment={segment} /> : <ProblemNote problem={segment} />
        }
      </Answer>
    </>
  );
}

function OfSegment({ segment }: { readonly segment: SegmentToSync }) {
  const reading = useHubQuery(destinationsQuery, { segmentName: segment.name }, { isLive: false });
  return (
    <>
      <p className="muted">
        Holds the members of <Link href={`/cohorts/segments/${segment.id}`}>{segment.name}</Link> at a destination: all
        of them once, and then those who enter and leave. A draft sends nothing until you launch it.
      </p>
      <Answer reading={reading}>
        {({ segmentDestinations }) =>
          segmentDestinations.length === 0 ? (
            <p className="empty">This hub has no destination that can hold segments.</p>
          ) : (
            <Form segment={segment} destinations={segmentDestinations} />
          )
        }
      </Answer>
    </>
  );
}

function Form({ segment, destinations }: { readonly segment: SegmentToSync; readonly destinations: Destinations }) {
  const [name, setName] = useState(destinations[0]?.name ?? '');
  const destination = destinations.find((known) => known.name === name);
  return (
    <>
      <fieldset>
        <legend>1. Destination</legend>
        {destinations.map((known) => (
          <label key={known.name} className="choice">
            <input type="radio" name="destination" checked={known.name === name} onChange={() => setName(known.name)} />
            {known.label}
          </label>
        ))}
      </fieldset>
      {destination ? <AtDestination key={name} segment={segment} destination={destination} /> : null}
    </>
  );
}

function AtDestination({
  segment,
  destination: { name, label, settingsSchema, credentialsSchema, nameSetting, suggestedName },
}: {
  readonly segment: SegmentToSync;
  readonly destination: Destinations[number];
}) {
  const [settings, setSettings] = useState<Values>({ [nameSetting]: suggestedName });
  const [credentials, setCredentials] = useState<Values>({});
  const [createdId, setCreatedId] = useState<string>();
  const create = useHubMutation(createMutation);
  const launch = useHubMutation(launchMutation);
  // One key for one form: pressing twice creates one sync.
  const idempotencyKey = useMemo(() => crypto.randomUUID(), [settings, credentials]);
  const [hasSettings, hasCredentials] = [
    isComplete(settingsSchema, settings),
    isComplete(credentialsSchema, credentials),
  ];
  const plan = usePlan({ segmentId: segment.id, destination: name, settings }, hasSettings);
  const [planned, answer] = [plan.reading.data?.segmentSyncPlan, create.data?.createSegmentSync];
  const settingsProblems = problemsOf('settings', hasSettings && !plan.isPlanning ? planned : undefined, answer);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const { submitter } = event.nativeEvent as SubmitEvent;
    const isLaunching = (submitter as HTMLButtonElement | null)?.value === 'launch';
    create.mutate(
      { input: { segmentId: segment.id, destination: name, settings, credentials }, idempotencyKey },
      {
        onSuccess: ({ createSegmentSync: done }) => {
          if (!('segmentSync' in done)) return;
          const { id } = done.segmentSync;
          if (!isLaunching) return goTo(`/cohorts/syncs/${id}`);
          setCreatedId(id);
          launch.mutate(
            { input: { id } },
            {
              onSuccess: ({ launchSegmentSync: launched }) =>
                launched.__typename === 'LaunchSegmentSyncPayload' && goTo(`/cohorts/syncs/${id}`),
            },
          );
        },
      },
    );
  };
  const isBusy = create.isPending || launch.isPending || createdId !== undefined;
  const mayCreate = hasSettings && hasCredentials && !isBusy;
  return (
    <form onSubmit={submit}>
      <fieldset>
        <legend>2. Settings</legend>
        <p className="muted">They cannot be changed later.</p>
        <SchemaForm schema={settingsSchema} values={settings} problems={settingsProblems} onChange={setSettings} />
      </fieldset>
      <fieldset>
        <legend>3. Credentials</legend>
        <SchemaForm
          schema={credentialsSchema}
          values={credentials}
          problems={problemsOf('credentials', answer)}
          isSecret
          onChange={setCredentials}
        />
        <TestAsTyped
          input={{ destination: name, settings, credentials }}
          isComplete={hasSettings && hasCredentials}
          passed="TestSegmentSyncPayload"
          test={test}
        />
      </fieldset>
      <fieldset>
        <legend>4. Plan of the first sync</legend>
        <Plan plan={plan} isComplete={hasSettings} />
      </fieldset>
      <ProblemNote problem={problemOf(create.error, answer)} />
      <ProblemNote problem={problemOf(launch.error, launch.data?.launchSegmentSync)} />
      {createdId !== undefined && !launch.isPending ? (
        <p>
          It is stored as a draft: <Link href={`/cohorts/syncs/${createdId}`}>repair and launch it</Link>.
        </p>
      ) : null}
      <div className="actions">
        <button type="submit" className="primary" value="launch" disabled={!mayCreate}>
          Create and launch
        </button>
        <button type="submit" value="draft" disabled={!mayCreate}>
          Create draft
        </button>
        <Link href={`/cohorts/segments/${segment.id}`}>Cancel</Link>
      </div>
      <p className="muted">
        Nothing was sent to {label} yet, but the test of the credentials, which changes nothing there.
      </p>
    </form>
  );
}

async function test(input: VariablesOf<typeof testMutation>['input'], signal: AbortSignal) {
  return (await ask(testMutation, { input }, { signal })).testSegmentSync;
}

/** What is wrong with a part of the input, by the name of the property. */
function problemsOf(
  part: 'settings' | 'credentials',
  ...answers: readonly (Planned | Created | undefined)[]
): ReadonlyMap<string, string> {
  return new Map(
    answers
      .flatMap((answer) => (answer && 'problems' in answer ? answer.problems : []))
      .flatMap(({ path, message }) => (path[0] === part ? [[path[1] ?? part, message] as const] : [])),
  );
}
