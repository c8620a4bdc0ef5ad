const prefix = 'hub-pull:';

/** The session of the pages that one pull fetches. */
export function pullSession(runId: string): string {
  return `${prefix}${runId}`;
}

export function isPullSession(session: string | null): boolean {
  return session?.startsWith(prefix) ?? false;
}
