import { replayStep, startReplay, type EventReplay, type ReplayEventsProgress } from '../../replay/replayEvents.js';
import { replayResult } from '../../replay/replayResult.js';
import { datesOf, type Operation } from '../operation.js';

export const replayEvents: Operation<EventReplay, ReplayEventsProgress> = {
  start: (admin, input) => startReplay(admin, { ...input, filter: datesOf(input.filter) }),
  step: (admin, input, progress, save, _signal, jobId) =>
    replayStep(admin, { ...input, filter: datesOf(input.filter) }, progress, save, jobId),
  doneCount: ({ batchCount }) => batchCount,
  result: (progress, input) => replayResult(progress, input),
  restMs: ({ restMs }) => restMs,
};
