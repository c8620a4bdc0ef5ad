import { useSyncExternalStore } from 'react';

/** How often what is on the screen is read again. */
export const refreshMs = 5_000;
const key = 'currents.refresh';

let isOn = localStorage.getItem(key) !== 'off';
const listeners = new Set<() => void>();

/** Whether the console refreshes by itself. It pauses while the page is hidden. */
export function useRefresh(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => isOn,
  );
}

/** Remembered in this browser. */
export function setRefresh(next: boolean): void {
  isOn = next;
  localStorage.setItem(key, next ? 'on' : 'off');
  for (const listener of listeners) listener();
}
