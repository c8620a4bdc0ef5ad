import { graphql, type ResultOf } from '../../hub/graphql.js';
import { useHubMutation, useHubQuery } from '../../hub/useHub.js';
import { CreateDialog } from './createDialog.js';
import { KeysSection } from './keysSection.js';
import { RevokeDialog } from './revokeDialog.js';

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
  return (
    <KeysSection
      title="Ingest tokens"
      kind="ingest token"
      reading={useHubQuery(tokensQuery, {})}
      rowsOf={({ ingestTokens }) => ingestTokens.nodes}
      columns={[
        { title: 'Name', cell: ({ name }) => name },
        { title: 'Ends in', cell: ({ hint }) => <code>{hint}</code> },
      ]}
      empty="No ingest token is here. Create one, and give it to the platform that sends events."
      createWith={(_, onClose) => <Create onClose={onClose} />}
      revokeWith={(token, onClose) => <Revoke token={token} onClose={onClose} />}
    />
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
  return (
    <RevokeDialog
      name={name}
      revoking={revoke}
      answer={revoke.data?.revokeIngestToken}
      onClose={onClose}
      onConfirm={() =>
        revoke.mutate(
          { input: { id, confirmName: name } },
          { onSuccess: (data) => data.revokeIngestToken.__typename === 'RevokeIngestTokenPayload' && onClose() },
        )
      }
    >
      <p>Requests with this token are refused from now on. This cannot be undone.</p>
    </RevokeDialog>
  );
}
