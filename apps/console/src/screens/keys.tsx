import { useState, type FormEvent } from 'react';
import { graphql, type ResultOf } from '../hub/graphql.js';
import { useHubMutation, useHubQuery } from '../hub/useHub.js';
import { Confirm } from '../parts/confirm.js';
import { ShownOnce } from '../parts/copy.js';
import { Dialog } from '../parts/dialog.js';
import { Field } from '../parts/field.js';
import { Answer, ProblemNote } from '../parts/problem.js';
import { State } from '../parts/state.js';
import { Table } from '../parts/table.js';
import { Time } from '../parts/time.js';

const keysQuery = graphql(`
  query Keys {
    ingestTokens(first: 100, includeRevoked: true) {
      nodes {
        id
        name
        hint
        isValid
        createdAt
        lastUsedAt
      }
    }
    importKeys(first: 100, filter: { includeRevoked: true }) {
      nodes {
        id
        name
        hint
        isValid
        createdAt
        lastUsedAt
        partner {
          label
        }
      }
    }
  }
`);

type IngestToken = ResultOf<typeof keysQuery>['ingestTokens']['nodes'][number];

/** Tokens with which events come in, and keys with which partners push cohorts. */
export function Keys() {
  const reading = useHubQuery(keysQuery, {});
  const [isCreating, setIsCreating] = useState(false);
  const [revoked, setRevoked] = useState<IngestToken>();
  return (
    <>
      <div className="title">
        <h1>Keys</h1>
        <button type="button" className="primary" onClick={() => setIsCreating(true)}>
          New ingest token
        </button>
      </div>
      <Answer reading={reading}>
        {({ ingestTokens, importKeys }) => (
          <>
            <h2>Ingest tokens</h2>
            <Table
              caption="Ingest tokens"
              rows={ingestTokens.nodes}
              keyOf={({ id }) => id}
              empty={<p>No ingest token is here. Create one, and give it to the platform that sends events.</p>}
              columns={[
                { title: 'Name', cell: ({ name }) => name },
                { title: 'Ends in', cell: ({ hint }) => <code>{hint}</code> },
                { title: 'State', cell: ({ isValid }) => <State value={isValid ? 'VALID' : 'REVOKED'} /> },
                { title: 'Created', cell: ({ createdAt }) => <Time at={createdAt} /> },
                { title: 'Last used', cell: ({ lastUsedAt }) => <Time at={lastUsedAt} /> },
                {
                  title: 'Actions',
                  cell: (token) =>
                    token.isValid ? (
                      <button type="button" className="danger" onClick={() => setRevoked(token)}>
                        Revoke…
                      </button>
                    ) : (
                      ''
                    ),
                },
              ]}
            />
            <h2>Data import keys</h2>
            <Table
              caption="Data import keys"
              rows={importKeys.nodes}
              keyOf={({ id }) => id}
              empty={<p>No data import key is here. createImportKey makes one for a partner that pushes cohorts.</p>}
              columns={[
                { title: 'Name', cell: ({ name }) => name },
                { title: 'Partner', cell: ({ partner }) => partner?.label ?? '' },
                { title: 'Ends in', cell: ({ hint }) => <code>{hint}</code> },
                { title: 'State', cell: ({ isValid }) => <State value={isValid ? 'VALID' : 'REVOKED'} /> },
                { title: 'Created', cell: ({ createdAt }) => <Time at={createdAt} /> },
                { title: 'Last used', cell: ({ lastUsedAt }) => <Time at={lastUsedAt} /> },
              ]}
            />
          </>
        )}
      </Answer>
      {isCreating ? <CreateToken onClose={() => setIsCreating(false)} /> : null}
      {revoked ? <RevokeToken token={revoked} onClose={() => setRevoked(undefined)} /> : null}
    </>
  );
}

const createMutation = graphql(`
  mutation CreateIngestToken($input: CreateIngestTokenInput!) {
    createIngestToken(input: $input) {
      __typename
      ... on CreateIngestTokenPayload {
        token
      }
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

function CreateToken({ onClose }: { readonly onClose: () => void }) {
  const [name, setName] = useState('');
  const create = useHubMutation(createMutation);
  const answer = create.data?.createIngestToken;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate({ input: { name } });
  };
  return (
    <Dialog title="New ingest token" onClose={onClose}>
      {answer && 'token' in answer ? (
        <ShownOnce secret={answer.token} command={sampleCommand(answer.token)} />
      ) : (
        <form onSubmit={submit}>
          <Field
            label="Name"
            about="Unique among tokens that are not revoked, such as the workspace that sends with it."
          >
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
          {answer && 'message' in answer ? <ProblemNote problem={answer} /> : null}
          <ProblemNote problem={create.error} />
          <div className="actions">
            <button type="submit" className="primary" disabled={create.isPending}>
              Create
            </button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

/** Sends one event as Braze would. */
function sampleCommand(token: string): string {
  const event = {
    id: crypto.randomUUID(),
    event_type: 'users.behaviors.CustomEvent',
    time: Math.floor(Date.now() / 1_000),
    user: { external_user_id: 'user-1' },
    properties: { name: 'console_test' },
  };
  const url = new URL('v1/events', document.baseURI).href;
  return `curl -s ${url} -H 'Authorization: Bearer ${token}' -H 'content-type: application/json' -d '${JSON.stringify({ events: [event] })}'`;
}

const revokeMutation = graphql(`
  mutation RevokeIngestToken($input: RevokeIngestTokenInput!) {
    revokeIngestToken(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

function RevokeToken({ token: { id, name }, onClose }: { readonly token: IngestToken; readonly onClose: () => void }) {
  const revoke = useHubMutation(revokeMutation);
  const answer = revoke.data?.revokeIngestToken;
  return (
    <Confirm
      title={`Revoke ${name}`}
      name={name}
      action="Revoke"
      isBusy={revoke.isPending}
      onClose={onClose}
      onConfirm={() =>
        revoke.mutate(
          { input: { id, confirmName: name } },
          { onSuccess: (data) => data.revokeIngestToken.__typename === 'RevokeIngestTokenPayload' && onClose() },
        )
      }
    >
      <p>Requests with this token are refused from now on. This cannot be undone.</p>
      {answer && 'message' in answer ? <ProblemNote problem={answer} /> : null}
      <ProblemNote problem={revoke.error} />
    </Confirm>
  );
}
