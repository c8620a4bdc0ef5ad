import { useMemo, useState, type FormEvent } from 'react';
import { Link } from 'wouter';
import { graphql } from '../hub/graphql.js';
import { useHubMutation, useHubQuery } from '../hub/useHub.js';
import { Field } from '../parts/field.js';
import { count } from '../parts/number.js';
import { Answer, ProblemNote } from '../parts/problem.js';
import { isComplete, SchemaForm, type Values } from '../parts/schemaForm.js';
import { goTo } from '../routing.js';
import { choicesQuery, lastDayOf, supportedBy, type Choices } from './choices.js';
import { CredentialsTest } from './credentialsTest.js';
import { instantOf, LaunchFrom } from './launchFrom.js';
import { Preview } from './preview.js';
import { selectionOf, ticksOf } from './selection.js';
import { TickTree } from './tickTree.js';

const createMutation = graphql(`
  mutation CreateCurrent($input: CreateCurrentInput!) {
    createCurrent(input: $input) {
      __typename
      ... on CreateCurrentPayload {
        current {
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
  mutation LaunchNewCurrent($input: LaunchCurrentInput!) {
    launchCurrent(input: $input) {
      __typename
      ... on LaunchCurrentPayload {
        backfill {
          id
        }
      }
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

/** Creates a draft: it sends nothing until it is launched at once or from its own screen, which tests the credentials. */
export function NewCurrent() {
  const reading = useHubQuery(choicesQuery, {}, { isLive: false });
  return (
    <>
      <h1>New Current</h1>
      <p className="muted">
        A Current exports chosen event types to one destination. A draft sends nothing until you launch it.
      </p>
      <Answer reading={reading}>{(choices) => <Form choices={choices} />}</Answer>
    </>
  );
}

function Form({ choices }: { readonly choices: Choices }) {
  const [destinationName, setDestinationName] = useState(choices.destinations[0]?.name ?? '');
  const [name, setName] = useState('');
  const [contactEmail, setContactEmail] = useState('');
  const [settings, setSettings] = useState<Values>({});
  const [credentials, setCredentials] = useState<Values>({});
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const [launchFrom, setLaunchFrom] = useState('');
  const [createdId, setCreatedId] = useState<string>();
  const create = useHubMutation(createMutation);
  const launch = useHubMutation(launchMutation);
  // One key for one form: pressing twice creates one Current.
  const idempotencyKey = useMemo(
    () => crypto.randomUUID(),
    [name, destinationName, settings, credentials, ticked, contactEmail],
  );
  const destination = choices.destinations.find((known) => known.name === destinationName);
  const supported = supportedBy(choices, destinationName);
  const answer = create.data?.createCurrent;
  const problemsOf = (first: string): ReadonlyMap<string, string> =>
    new Map(
      answer && 'problems' in answer
        ? answer.problems.flatMap(({ path, message }) =>
            path[0] === first ? [[path[1] ?? first, message] as const] : [],
          )
        : [],
    );
  const selection = selectionOf(choices, supported, ticked);
  const createDraft = (onCreated: (id: string) => void): void =>
    create.mutate(
      { input: { destination: destinationName, name, contactEmail, settings, credentials, selection }, idempotencyKey },
      {
        onSuccess: ({ createCurrent }) => {
          if ('current' in createCurrent) onCreated(createCurrent.current.id);
        },
      },
    );
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const { submitter } = event.nativeEvent as SubmitEvent;
    if ((submitter as HTMLButtonElement | null)?.value !== 'launch') {
      createDraft((id) => goTo(`/currents/${id}`));
      return;
    }
    createDraft((id) => {
      setCreatedId(id);
      launch.mutate(
        { input: { id, from: instantOf(launchFrom) } },
        {
          onSuccess: ({ launchCurrent }) => {
            if (launchCurrent.__typename !== 'LaunchCurrentPayload') return;
            const { backfill } = launchCurrent;
            goTo(backfill ? `/currents/${id}/replay?job=${backfill.id}` : `/currents/${id}`);
          },
        },
      );
    });
  };
  const launched = launch.data?.launchCurrent;
  const lastDay = lastDayOf(choices);
  const tickedTypes = ticksOf(choices, supported).filter((type) => ticked.has(type));
  const tickedCount = tickedTypes.length;
  const isBusy = create.isPending || launch.isPending;
  return (
    <form onSubmit={submit}>
      <fieldset>
        <legend>1. Destination</legend>
        {choices.destinations.map((known) => (
          <label key={known.name} className="choice">
            <input
              type="radio"
              name="destination"
              checked={known.name === destinationName}
              onChange={() => {
                setDestinationName(known.name);
                setSettings({});
                setCredentials({});
              }}
            />
            {known.label}
          </label>
        ))}
      </fieldset>
      <fieldset>
        <legend>2. Name and contact</legend>
        <Field label="Name" about="Unique among your Currents." problem={problemsOf('name').get('name')}>
          {(id, describedBy) => (
            <input
              id={id}
              aria-describedby={describedBy}
              required
              maxLength={100}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field
          label="Contact"
          about="Notices go to this e-mail address when the Current needs repair."
          problem={problemsOf('contactEmail').get('contactEmail')}
        >
          {(id, describedBy) => (
            <input
              id={id}
              type="email"
              aria-describedby={describedBy}
              required
              value={contactEmail}
              onChange={(event) => setContactEmail(event.target.value)}
            />
          )}
        </Field>
      </fieldset>
      {destination ? (
        <>
          <fieldset>
            <legend>3. Credentials</legend>
            <SchemaForm
              key={destinationName}
              schema={destination.credentialsSchema}
              values={credentials}
              problems={problemsOf('credentials')}
              isSecret
              onChange={setCredentials}
            />
            <CredentialsTest
              input={{ destination: destinationName, settings, credentials }}
              isComplete={
                isComplete(destination.credentialsSchema, credentials) &&
                isComplete(destination.settingsSchema, settings)
              }
            />
          </fieldset>
          <fieldset>
            <legend>4. Settings</legend>
            <SchemaForm
              key={destinationName}
              schema={destination.settingsSchema}
              values={settings}
              problems={problemsOf('settings')}
              onChange={setSettings}
            />
          </fieldset>
        </>
      ) : null}
      <fieldset>
        <legend>5. Event types</legend>
        <p className="muted">
          {count(tickedCount)} ticked. A whole group or channel also takes the event types that are added to it later.
        </p>
        <TickTree choices={choices} supported={supported} ticked={ticked} lastDay={lastDay} onChange={setTicked} />
      </fieldset>
      <fieldset>
        <legend>6. Preview</legend>
        {tickedCount === 0 ? (
          <p className="muted">Tick an event type first.</p>
        ) : (
          <Preview input={{ destination: destinationName, settings, selection }} sampleOf={tickedTypes[0]} />
        )}
      </fieldset>
      <fieldset>
        <legend>7. Review and launch</legend>
        <p>
          {name || 'It'} exports {count(tickedCount)} event types to {destination?.label ?? destinationName}, which had{' '}
          {count(tickedTypes.reduce((sum, type) => sum + (lastDay.get(type) ?? 0), 0))} events in the last day.
        </p>
        <LaunchFrom value={launchFrom} onChange={setLaunchFrom} />
      </fieldset>
      {create.error ? <ProblemNote problem={create.error} /> : null}
      {answer && 'message' in answer ? <ProblemNote problem={answer} /> : null}
      {launch.error ? <ProblemNote problem={launch.error} /> : null}
      {createdId !== undefined && launched && 'message' in launched ? (
        <>
          <ProblemNote problem={launched} />
          <p>
            It is stored as a draft: <Link href={`/currents/${createdId}/settings`}>repair and launch it</Link>.
          </p>
        </>
      ) : null}
      <div className="actions">
        <button type="submit" className="primary" disabled={isBusy || tickedCount === 0}>
          Create draft
        </button>
        <button type="submit" value="launch" disabled={isBusy || tickedCount === 0}>
          Create and launch
        </button>
        <Link href="/currents">Cancel</Link>
      </div>
    </form>
  );
}
