import { useState } from 'react';
import { graphql, type ResultOf } from '../../hub/graphql.js';
import { useHubMutation, useHubQuery } from '../../hub/useHub.js';
import { Field } from '../../parts/field.js';
import { CreateDialog } from './createDialog.js';
import { KeysSection } from './keysSection.js';
import { RevokeDialog } from './revokeDialog.js';

const keysQuery = graphql(`
  query ImportKeys {
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
    importPartners(first: 50) {
      nodes {
        name
        label
      }
    }
  }
`);

type Data = ResultOf<typeof keysQuery>;
type ImportKey = Data['importKeys']['nodes'][number];

/** Keys with which partners push cohorts. */
export function ImportKeys() {
  return (
    <KeysSection
      title="Data import keys"
      kind="data import key"
      reading={useHubQuery(keysQuery, {})}
      rowsOf={({ importKeys }) => importKeys.nodes}
      columns={[
        { title: 'Name', cell: ({ name }) => name },
        { title: 'Partner', cell: ({ partner }) => partner?.label ?? '' },
        { title: 'Ends in', cell: ({ hint }) => <code>{hint}</code> },
      ]}
      empty="No data import key is here. Create one, and give it to the partner that pushes cohorts."
      createWith={({ importPartners }, onClose) => <Create partners={importPartners.nodes} onClose={onClose} />}
      revokeWith={(key, onClose) => <Revoke importKey={key} onClose={onClose} />}
    />
  );
}

const createMutation = graphql(`
  mutation CreateImportKey($input: CreateImportKeyInput!) {
    createImportKey(input: $input) {
      __typename
      ... on CreateImportKeyPayload {
        key
        partner {
          endpoints {
            method
            path
            description
          }
        }
      }
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

function Create({
  partners,
  onClose,
}: {
  readonly partners: Data['importPartners']['nodes'];
  readonly onClose: () => void;
}) {
  const [partner, setPartner] = useState(partners[0]?.name ?? '');
  const create = useHubMutation(createMutation);
  const answer = create.data?.createImportKey;
  return (
    <CreateDialog
      title="New data import key"
      about="Unique among keys that are not revoked, such as the project that pushes with it."
      isBusy={create.isPending}
      problem={create.error ?? (answer && 'message' in answer ? answer : undefined)}
      created={
        answer && 'key' in answer
          ? { secret: answer.key, note: answer.partner.endpoints.map(endpointOf).join('\n\n') }
          : undefined
      }
      onCreate={(name) => create.mutate({ input: { name, partner } })}
      onClose={onClose}
    >
      <Field label="Partner">
        {(id) => (
          <select id={id} value={partner} onChange={(event) => setPartner(event.target.value)}>
            {partners.map(({ name, label }) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        )}
      </Field>
    </CreateDialog>
  );
}

interface Endpoint {
  readonly method: string;
  readonly path: string;
  readonly description: string;
}

/** What the partner asks for beside the key. */
function endpointOf({ method, path, description }: Endpoint): string {
  // The parts that the partner fills in, such as :id, would be escaped in a URL.
  return `${method} ${document.baseURI.replace(/[^/]*$/, '')}${path.slice(1)}\n${description}`;
}

const revokeMutation = graphql(`
  mutation RevokeImportKey($input: RevokeImportKeyInput!) {
    revokeImportKey(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

function Revoke({ importKey: { id, name }, onClose }: { readonly importKey: ImportKey; readonly onClose: () => void }) {
  const revoke = useHubMutation(revokeMutation);
  return (
    <RevokeDialog
      name={name}
      revoking={revoke}
      answer={revoke.data?.revokeImportKey}
      onClose={onClose}
      onConfirm={() =>
        revoke.mutate(
          { input: { id, confirmName: name } },
          { onSuccess: (data) => data.revokeImportKey.__typename === 'RevokeImportKeyPayload' && onClose() },
        )
      }
    >
      <p>Pushes with this key are refused from now on. This cannot be undone.</p>
    </RevokeDialog>
  );
}
