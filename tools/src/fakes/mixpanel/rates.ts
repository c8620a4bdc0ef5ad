import { addTo, totalOf } from '../rollingCount.js';
import type { ProjectState } from './project.js';

const spanSeconds = 60;

/** Whether the project would be over one of its limits of the last minute with this request. */
export function exceedsRates(state: ProjectState, nowMs: number, bytes: number, events: number): boolean {
  const second = Math.floor(nowMs / 1000);
  return (
    totalOf(state.bytes, second, spanSeconds) + bytes > state.maxBytesPerMin ||
    totalOf(state.events, second, spanSeconds) + events > state.maxEventsPerMin
  );
}

export function countAgainstRates(state: ProjectState, nowMs: number, bytes: number, events: number): void {
  const second = Math.floor(nowMs / 1000);
  addTo(state.bytes, second, bytes);
  addTo(state.events, second, events);
}
