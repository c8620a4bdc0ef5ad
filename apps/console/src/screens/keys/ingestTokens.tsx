import { useState } from 'react';
import { graphql, type ResultOf } from '../../hub/graphql.js';
import { useHubMutation, useHubQuery } from '../../hub/useHub.js';
import { Confirm } from '../../parts/confirm.js';
import { Answer, ProblemNote } from '../../parts/problem.js';
import { State } from '../../parts/state.js';
import { Table } from '../../parts/table.js';
import { Time } from '../../parts/time.js';
import { CreateDialog } from './createDialog.js';

const tokensQuery = graphql(`
  query IngestTokens {
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
  }
`);

type IngestToken = ResultOf<typeof tokensQuery>['ingestTokens']['nodes'][number];

/** Tokens with which events come in. */
export function IngestTokens() {
  const reading = useHubQuery(tokensQuery, {});
  const [isCreating, setIsCreating] = useState(false);
  const [revoked, setRevoked] = useState<IngestToken>();
  return (
    <section>
      <div className="title">
        <h2>Ingest tokens</h2>
        <button type="button" onClick={() => setIsCreating(true)}>
          New ingest token
        </button>
      </div>
      <Answer reading={reading}>
        {({ ingestTokens }) => (
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
        )}
      </Answer>
      {isCreating ? <Create onClose={() => setIsCreating(false)} /> : null}
      {revoked ? <Revoke token={revoked} onClose={() => setRevoked(undefined)} /> : null}
    </section>
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

function Create({ onClose }: { readonly onClose: () => void }) {
  const create = useHubMutation(createMutation);
  const answer = create.data?.createIngestToken;
  return (
    <CreateDialog
      title="New ingest token"
      about="Unique among tokens that are not revoked, such as the workspace that sends with it."
      isBusy={create.isPending}
      problem={create.error ?? (answer && 'message' in answer ? answer : undefined)}
      created={answer && 'token' in answer ? { secret: answer.token, command: sampleCommand(answer.token) } : undefined}
      onCreate={(name) => create.mutate({ input: { name } })}
      onClose={onClose}
    />
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

function Revoke({ token: { id, name }, onClose }: { readonly token: IngestToken; readonly onClose: () => void }) {
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
