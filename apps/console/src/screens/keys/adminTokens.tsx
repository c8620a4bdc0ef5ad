import { useState } from 'react';
import { graphql, type ResultOf } from '../../hub/graphql.js';
import { useHubMutation, useHubQuery } from '../../hub/useHub.js';
import { Field } from '../../parts/field.js';
import { words } from '../../parts/state.js';
import { Time } from '../../parts/time.js';
import { CreateDialog } from './createDialog.js';
import { KeysSection } from './keysSection.js';
import { RevokeDialog } from './revokeDialog.js';

const tokensQuery = graphql(`
  query AdminTokens {
    adminTokens(first: 100) {
      nodes {
        id
        name
        role
        isOwn
        isValid
        createdAt
        expiresAt
        lastUsedAt
      }
    }
  }
`);

type AdminToken = ResultOf<typeof tokensQuery>['adminTokens']['nodes'][number];

/** Tokens with which admins and programs use the GraphQL API and the console. */
export function AdminTokens() {
  return (
    <KeysSection
      title="Admin tokens"
      kind="admin token"
      reading={useHubQuery(tokensQuery, {})}
      rowsOf={({ adminTokens }) => adminTokens.nodes}
      columns={[
        { title: 'Name', cell: ({ name, isOwn }) => (isOwn ? `${name} (yours)` : name) },
        { title: 'Role', cell: ({ role }) => words(role) },
      ]}
      moreTimes={[{ title: 'Expires', cell: ({ expiresAt }) => <Time at={expiresAt} /> }]}
      empty="No admin token is here."
      createWith={(_, onClose) => <Create onClose={onClose} />}
      revokeWith={(token, onClose) => <Revoke token={token} onClose={onClose} />}
    />
  );
}

const createMutation = graphql(`
  mutation CreateAdminToken($input: CreateAdminTokenInput!) {
    createAdminToken(input: $input) {
      __typename
      ... on CreateAdminTokenPayload {
        token
      }
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

const roles = [
  { name: 'VIEWER', about: 'reads everything but personal data' },
  { name: 'OPERATOR', about: 'also reads events, and creates, changes and replays' },
  { name: 'ADMIN', about: 'also manages keys, and deletes' },
] as const;

function Create({ onClose }: { readonly onClose: () => void }) {
  const [role, setRole] = useState<(typeof roles)[number]['name']>('VIEWER');
  const create = useHubMutation(createMutation);
  const answer = create.data?.createAdminToken;
  return (
    <CreateDialog
      title="New admin token"
      about="The audit log shows it: the person or program that uses the token."
      isBusy={create.isPending}
      problem={create.error ?? (answer && 'message' in answer ? answer : undefined)}
      created={answer && 'token' in answer ? { secret: answer.token, command: sampleCommand(answer.token) } : undefined}
      onCreate={(name) => create.mutate({ input: { name, role } })}
      onClose={onClose}
    >
      <Field label="Role">
        {(id) => (
          <select id={id} value={role} onChange={(event) => setRole(event.target.value as typeof role)}>
            {roles.map(({ name, about }) => (
              <option key={name} value={name}>
                {words(name)}: {about}
              </option>
            ))}
          </select>
        )}
      </Field>
    </CreateDialog>
  );
}

/** Asks who the token is. */
function sampleCommand(token: string): string {
  const url = new URL('graphql', document.baseURI).href;
  const body = JSON.stringify({ query: '{ me { name role } }' });
  return `curl -s ${url} -H 'Authorization: Bearer ${token}' -H 'content-type: application/json' -d '${body}'`;
}

const revokeMutation = graphql(`
  mutation RevokeAdminToken($input: RevokeAdminTokenInput!) {
    revokeAdminToken(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

/** Names of admin tokens are not unique, so the id is what has to be typed. */
function Revoke({ token: { id, name, isOwn }, onClose }: { readonly token: AdminToken; readonly onClose: () => void }) {
  const revoke = useHubMutation(revokeMutation);
  return (
    <RevokeDialog
      name={name}
      typed={id}
      revoking={revoke}
      answer={revoke.data?.revokeAdminToken}
      onClose={onClose}
      onConfirm={() =>
        revoke.mutate(
          { input: { id, confirmId: id } },
          { onSuccess: (data) => data.revokeAdminToken.__typename === 'RevokeAdminTokenPayload' && onClose() },
        )
      }
    >
      <p>
        Requests with this token are refused from now on, and browsers that signed in with it are signed out. This
        cannot be undone.
      </p>
      {isOwn ? <p className="note warn">You are signed in with this token.</p> : null}
    </RevokeDialog>
  );
}
