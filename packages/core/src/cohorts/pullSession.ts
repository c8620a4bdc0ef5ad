const prefix = 'hub-pull:';

/** The session id of the pages of one pull. */
export function pullSession(runId: string): string {
  return `${prefix}${runId}`;
}

export function isPullSession(session: string | null): boolean {
  return session?.startsWith(prefix) ?? false;
}
