import type { Http, SendOutcome } from '@currents/connector';
import type { FailureReason } from '../circuitBreaker.js';
import type { ChangeItem } from './cutChanges.js';
import type { LoadedSync } from '../loadSync.js';

/** What became of the changes of one request. */
export interface SentChanges {
  /** By the member's key; each change has one. */
  readonly outcomes: ReadonlyMap<string, ChangeOutcome>;
  /** Why nothing more can be sent for now, or until a person acts. */
  readonly halt?: Extract<SendOutcome, { readonly outcome: 'deferred' | 'blocked' }> | undefined;
  /** How many requests it took. */
  readonly requests: number;
}

export type ChangeOutcome =
  | { readonly state: 'delivered' }
  | (FailureReason & { readonly state: 'refused' })
  /** `isOwnFault`: the destination answered about this change alone. */
  | (FailureReason & {
      readonly state: 'pending';
      readonly isOwnFault: boolean;
      readonly afterMs?: number | undefined;
    });

export interface SendChangesDeps {
  readonly http: Http;
  /** Resolves when a request may be made; false when none may be made any longer. */
  readonly admit: () => Promise<boolean>;
  /** After each request, with its outcome. */
  readonly onRequest: (outcome: SendOutcome['outcome']) => void;
}

/**
 * Sends changes in one request, and halves a request that was refused as a whole until the change at fault is alone. If
 * no change of several is accepted on its own, the fault is the request's, and the sync is to be blocked.
 */
export async function sendChanges(
  deps: SendChangesDeps,
  sync: LoadedSync,
  items: readonly ChangeItem[],
): Promise<SentChanges> {
  const outcomes = new Map<string, ChangeOutcome>();
  const waiting: (readonly ChangeItem[])[] = [items];
  const splitAlone: FailureReason[] = [];
  let halt: SentChanges['halt'];
  let requests = 0;
  for (let part = waiting.shift(); part; part = waiting.shift()) {
    if (halt || !(await deps.admit())) {
      keep(part, halt ?? { code: 'stopped', detail: 'the worker stopped' });
      continue;
    }
    requests++;
    const results = await ask(deps, sync, part);
    const divided: ChangeItem[] = [];
    for (const item of part) {
      const said = results.get(item.id) ?? unanswered;
      if (said.outcome === 'delivered') outcomes.set(item.id, { state: 'delivered' });
      else if (said.outcome === 'rejected') outcomes.set(item.id, { state: 'refused', ...reasonOf(said) });
      else if (said.outcome === 'split' && part.length > 1) divided.push(item);
      else if (said.outcome === 'split' || (said.outcome === 'deferred' && said.scope === 'event')) {
        if (said.outcome === 'split') splitAlone.push(reasonOf(said));
        const afterMs = said.outcome === 'deferred' ? said.afterMs : undefined;
        outcomes.set(item.id, { state: 'pending', isOwnFault: true, ...reasonOf(said), afterMs });
      } else {
        halt = said;
        keep([item], said);
      }
    }
    const half = Math.ceil(divided.length / 2);
    if (divided.length > 0)
      waiting.unshift(...[divided.slice(0, half), divided.slice(half)].filter(({ length }) => length > 0));
  }
  const [first] = splitAlone;
  if (first && items.length > 1 && splitAlone.length === items.length) {
    const detail = `none of ${items.length} users is accepted: ${first.detail}`.slice(0, 500);
    halt = { outcome: 'blocked', code: first.code, detail };
    keep(items, halt);
  }
  return { outcomes, halt, requests };

  function keep(part: readonly ChangeItem[], reason: FailureReason): void {
    for (const { id } of part) outcomes.set(id, { state: 'pending', isOwnFault: false, ...reasonOf(reason) });
  }
}

const unanswered: SendOutcome = {
  outcome: 'deferred',
  scope: 'event',
  code: 'unanswered',
  detail: 'the connector returned no outcome for this user',
};

async function ask(
  { http, onRequest }: SendChangesDeps,
  { segmentExport, settings, credentials }: LoadedSync,
  items: readonly ChangeItem[],
): Promise<ReadonlyMap<string, SendOutcome>> {
  try {
    const results = await segmentExport.send(items, { settings, credentials, http });
    onRequest(results.find(({ outcome }) => outcome !== 'delivered')?.outcome ?? 'delivered');
    return new Map(results.map(({ id, ...outcome }) => [id, outcome]));
  } catch (error) {
    onRequest('deferred');
    const detail = `the request failed in the hub: ${error instanceof Error ? error.name : typeof error}`;
    const outcome: SendOutcome = { outcome: 'deferred', scope: 'current', code: 'send_threw', detail };
    return new Map(items.map(({ id }) => [id, outcome]));
  }
}

function reasonOf({ code, detail }: FailureReason): FailureReason {
  return { code, detail };
}
