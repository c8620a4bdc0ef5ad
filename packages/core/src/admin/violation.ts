/** Whether Postgres refused a row because the named unique index has its key already. */
export function violatesUnique(error: unknown, index: string): boolean {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return (
    typeof cause === 'object' &&
    cause !== null &&
    'code' in cause &&
    cause.code === '23505' &&
    'constraint_name' in cause &&
    cause.constraint_name === index
  );
}
