import type { DocumentNode } from '@0no-co/graphql.web';
import { print } from '@0no-co/graphql.web';
import { asCurl, asGraphql } from '../hub/operations.js';
import { CopyButton } from './copy.js';

/** Offers the change that a dialog is about to make for copying; not for one with secrets. */
export function CopyOperation({
  document,
  variables,
}: {
  readonly document: DocumentNode;
  readonly variables: unknown;
}) {
  const operation = { name: '', query: print(document), variables };
  return (
    <div className="actions">
      <CopyButton text={asGraphql(operation)}>Copy as GraphQL</CopyButton>
      <CopyButton text={asCurl(operation)}>Copy as curl</CopyButton>
    </div>
  );
}
