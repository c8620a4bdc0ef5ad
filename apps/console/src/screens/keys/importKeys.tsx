import { useState } from 'react';
import { graphql, type ResultOf } from '../../hub/graphql.js';
import { useHubMutation, useHubQuery } from '../../hub/useHub.js';
import { Confirm } from '../../parts/confirm.js';
import { Field } from '../../parts/field.js';
import { Answer, ProblemNote } from '../../parts/problem.js';
import { State } from '../../parts/state.js';
import { Table } from '../../parts/table.js';
import { Time } from '../../parts/time.js';
import { CreateDialog } from './createDialog.js';

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
  const reading = useHubQuery(keysQuery, {});
  const [isCreating, setIsCreating] = useState(false);
  const [revoked, setRevoked] = useState<ImportKey>();
  return (
    <section>
      <div className="title">
        <h2>Data import keys</h2>
        <button type="button" onClick={() => setIsCreating(true)}>
          New data import key
        </button>
      </div>
      <Answer reading={reading}>
        {({ importKeys, importPartners }) => (
          <>
            <Table
              caption="Data import keys"
              rows={importKeys.nodes}
              keyOf={({ id }) => id}
              empty={<p>No data import key is here. Create one, and give it to the partner that pushes cohorts.</p>}
              columns={[
                { title: 'Name', cell: ({ name }) => name },
                { title: 'Partner', cell: ({ partner }) => partner?.label ?? '' },
                { title: 'Ends in', cell: ({ hint }) => <code>{hint}</code> },
                { title: 'State', cell: ({ isValid }) => <State value={isValid ? 'VALID' : 'REVOKED'} /> },
                { title: 'Created', cell: ({ createdAt }) => <Time at={createdAt} /> },
                { title: 'Last used', cell: ({ lastUsedAt }) => <Time at={lastUsedAt} /> },
                {
                  title: 'Actions',
                  cell: (key) =>
                    key.isValid ? (
                      <button type="button" className="danger" onClick={() => setRevoked(key)}>
                        Revoke…
                      </button>
                    ) : (
                      ''
                    ),
                },
              ]}
            />
            {isCreating ? <Create partners={importPartners.nodes} onClose={() => setIsCreating(false)} /> : null}
          </>
        )}
      </Answer>
      {revoked ? <Revoke importKey={revoked} onClose={() => setRevoked(undefined)} /> : null}
    </section>
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
  const answer = revoke.data?.revokeImportKey;
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
          { onSuccess: (data) => data.revokeImportKey.__typename === 'RevokeImportKeyPayload' && onClose() },
        )
      }
    >
      <p>Pushes with this key are refused from now on. This cannot be undone.</p>
      {answer && 'message' in answer ? <ProblemNote problem={answer} /> : null}
      <ProblemNote problem={revoke.error} />
    </Confirm>
  );
}
