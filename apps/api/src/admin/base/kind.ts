/** What the core answers says by its `kind` which GraphQL type it is. */
export function kindOf(value: object): string {
  return (value as { readonly kind: string }).kind;
}
