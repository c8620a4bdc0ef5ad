import { useSyncExternalStore } from 'react';

/** Whether this browser is signed in. The session itself is a cookie that no script can read. */
type Session = { readonly state: 'unknown' | 'none' } | { readonly state: 'open'; readonly csrfToken: string };

let session: Session = { state: 'unknown' };
const listeners = new Set<() => void>();

function set(next: Session): void {
  session = next;
  for (const listener of listeners) listener();
}

export function useSession(): Session {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => session,
  );
}

/** The token that every request of this session carries. */
export function csrfToken(): string {
  return session.state === 'open' ? session.csrfToken : '';
}

/** The hub no longer knows the session. */
export function endedSession(): void {
  set({ state: 'none' });
}

/** Takes up the session of this browser, if it has one. */
export async function resumeSession(): Promise<void> {
  const response = await fetch('console/session').catch(() => undefined);
  // 204 says that there is none.
  set(
    response?.status === 200
      ? { state: 'open', ...((await response.json()) as { csrfToken: string }) }
      : { state: 'none' },
  );
}

/** Signs in. Returns why not, in a sentence for people; the admin token is not kept. */
export async function signIn(adminToken: string): Promise<string | undefined> {
  const headers = { authorization: `Bearer ${adminToken.trim()}` };
  // A header holds only these characters; others are no token, and the browser would refuse to send them.
  if (!/^[\x21-\x7e]+$/.test(adminToken.trim()))
    return 'An admin token has only letters, digits and signs, and no blanks.';
  const response = await fetch('console/session', { method: 'POST', headers }).catch(() => undefined);
  if (!response) return 'The hub does not answer. Try again in a moment.';
  const answer = (await response.json().catch(() => ({}))) as { csrfToken?: string; detail?: string };
  if (!response.ok || answer.csrfToken === undefined) return answer.detail ?? `The hub answered ${response.status}.`;
  set({ state: 'open', csrfToken: answer.csrfToken });
  return undefined;
}

/** Signs this browser out, or all browsers that signed in with the same admin token. */
export async function signOut(where: 'here' | 'everywhere'): Promise<void> {
  const path = where === 'here' ? 'console/session' : 'console/sessions';
  await fetch(path, { method: 'DELETE', headers: { 'x-csrf-token': csrfToken() } }).catch(() => undefined);
  await resumeSession();
}
