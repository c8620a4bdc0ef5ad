import { useCallback, useSyncExternalStore } from 'react';

/*
 * The place in the console is the part of the address after #, as /currents?state=BLOCKED. It never reaches a server, so the
 * page works below any path, and filters are in the address that people share.
 */

function read(): string {
  const place = location.hash.replace(/^#/, '');
  return place.startsWith('/') ? place : `/${place}`;
}

function subscribe(listener: () => void): () => void {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
}

/** For wouter's Router: the path of the place. */
export function useHashPath(): [string, (to: string, options?: { readonly replace?: boolean }) => void] {
  const place = useSyncExternalStore(subscribe, read);
  return [place.split('?')[0] ?? '/', goTo];
}

/** For wouter's Router: the query of the place. */
export function useHashSearch(): string {
  const place = useSyncExternalStore(subscribe, read);
  return place.split('?')[1] ?? '';
}

export const hrefs = (to: string): string => `#${to}`;

export function goTo(to: string, { replace = false }: { readonly replace?: boolean } = {}): void {
  if (!replace) return void (location.hash = to);
  history.replaceState(history.state, '', `#${to}`);
  dispatchEvent(new HashChangeEvent('hashchange'));
}

/** The filters of a screen, from the address, and a function that changes some of them; undefined takes one away. */
export function useFilters(): [URLSearchParams, (changes: Readonly<Record<string, string | undefined>>) => void] {
  const search = useHashSearch();
  const [path] = useHashPath();
  const change = useCallback(
    (changes: Readonly<Record<string, string | undefined>>) => {
      const next = new URLSearchParams(search);
      for (const [name, value] of Object.entries(changes))
        if (value === undefined || value === '') next.delete(name);
        else next.set(name, value);
      const text = next.toString();
      goTo(text === '' ? path : `${path}?${text}`, { replace: true });
    },
    [search, path],
  );
  return [new URLSearchParams(search), change];
}
