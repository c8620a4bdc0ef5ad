import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { CommandFailure, exitCodes } from '../failure.js';
import type { Hub, Variables } from '../hub/hub.js';
import { unwrap, type Problem } from '../hub/unwrap.js';
import { hubFileMutations, type MutationName } from './documents.js';
import { cohortNameOf } from './hubFile.js';
import type { Plan, ShownSecret, Step, Thing, Work } from './plan/step.js';
import type { HubState } from './readHub.js';

export interface Applied {
  readonly done: readonly Step[];
  readonly failed: readonly { readonly step: Step; readonly message: string }[];
  /** Why it ended before the last step; undefined if it did not. */
  readonly stoppedBy: CommandFailure | undefined;
}

export interface ApplyOptions {
  readonly onStep: (step: Step, position: number) => void;
  readonly onFailure: (step: Step, message: string) => void;
  /** Called as soon as the hub has answered with it: it is not shown again. */
  readonly onSecret: (secret: ShownSecret) => void;
  /** Ends it before the next step. */
  readonly signal: AbortSignal;
}

/**
 * Runs the steps of a plan. What the hub refuses is reported, and the steps that do not need it still run: the same file
 * can be applied again for the rest. Ends early when the hub no longer answers.
 */
export async function applyPlan(hub: Hub, state: HubState, { steps }: Plan, options: ApplyOptions): Promise<Applied> {
  const work = openWork(hub, state, options.onSecret);
  const done: Step[] = [];
  const failed: Applied['failed'][number][] = [];
  const ended = (stoppedBy?: CommandFailure): Applied => ({ done, failed, stoppedBy });
  for (const [index, step] of steps.entries()) {
    if (options.signal.aborted) return ended(new CommandFailure('left at Ctrl-C', exitCodes.interrupted));
    options.onStep(step, index + 1);
    try {
      await step.run(work);
      done.push(step);
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      failed.push({ step, message: error.message });
      options.onFailure(step, error.message);
      if (error.exitCode !== exitCodes.negative) return ended(error);
    }
  }
  return ended();
}

const keyOf = ({ kind, name }: Thing): string => `${kind} ${kind === 'cohort' ? name : name.toLowerCase()}`;

function openWork(hub: Hub, state: HubState, showSecret: (secret: ShownSecret) => void): Work {
  const ids = new Map<string, string>([
    ...state.currents.map(({ id, entry }) => [keyOf({ kind: 'Current', name: entry.name }), id] as const),
    ...state.cohorts.map(({ id, entry }) => [keyOf({ kind: 'cohort', name: cohortNameOf(entry) }), id] as const),
    ...state.segments.map(({ id, entry }) => [keyOf({ kind: 'segment', name: entry.name }), id] as const),
  ]);
  return {
    ask: (mutation, input) => askOnce(hub, mutation, input),
    idOf(thing) {
      const id = ids.get(keyOf(thing));
      if (id !== undefined) return id;
      throw new CommandFailure(`it needs the ${thing.kind} ${thing.name}, which was not created`, exitCodes.negative);
    },
    learn: (thing, id) => void ids.set(keyOf(thing), id),
    showSecret,
  };
}

const maxTries = 3;
const retryMs = 1_000;

/**
 * Runs a mutation. When the answer is lost on the way, asks again with the same idempotency key: without it, the secret of
 * something that was created would be lost.
 */
async function askOnce<Payload extends object>(hub: Hub, mutation: MutationName, input: Variables): Promise<Payload> {
  const idempotencyKey = mutation.startsWith('create') ? randomUUID() : undefined;
  for (let tries = 1; ; tries++)
    try {
      const { answer } = await hub.ask<{ answer: Payload | Problem }>(
        hubFileMutations[mutation],
        { input },
        { idempotencyKey },
      );
      return unwrap(answer);
    } catch (error) {
      const isLost = error instanceof CommandFailure && error.exitCode === exitCodes.unreachable;
      if (!isLost || idempotencyKey === undefined || tries === maxTries) throw error;
      await wait(retryMs);
    }
}
