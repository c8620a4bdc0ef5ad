import type { PullLimits } from '@currents/connector';
import type { Transaction } from '../db/session.js';
import type { Seal } from '../secrets/seal.js';
import type { LoadedCurrent } from '../loadCurrent.js';

/** What a partner counts as one account: all Currents with the same credentials. */
export function accountOf(
  seal: Seal,
  { connector, credentials }: Pick<LoadedCurrent, 'connector' | 'credentials'>,
): Buffer {
  return seal.fingerprint(JSON.stringify([connector.name, credentials]));
}

export type Unit = PullLimits['budgets'][number]['unit'];

/** The times of recent steps and pulls, in Unix milliseconds, ascending. */
export type Uses = Readonly<Record<Unit, readonly number[]>>;

interface AccountUsage extends Uses {
  /** The database's clock, in Unix milliseconds. */
  readonly nowMs: number;
}

/** Requests arrive after they are counted here, and partners count in whole seconds. */
const slackMs = 5_000;

export interface ExhaustedBudget {
  /** When the budget has room again, in Unix milliseconds. */
  readonly freeAtMs: number;
  readonly budget: PullLimits['budgets'][number];
}

/** The budget of these units that is exhausted for the longest time; undefined if none is. */
export function exhaustedBudget(
  used: AccountUsage,
  units: readonly Unit[],
  budgets: PullLimits['budgets'],
): ExhaustedBudget | undefined {
  let spent: ExhaustedBudget | undefined;
  for (const budget of budgets) {
    if (!units.includes(budget.unit)) continue;
    const periodMs = budget.periodMs + slackMs;
    const recent = used[budget.unit].filter((atMs) => atMs > used.nowMs - periodMs);
    const first = recent[recent.length - budget.limit];
    if (first !== undefined && first + periodMs > (spent?.freeAtMs ?? 0))
      spent = { freeAtMs: first + periodMs, budget };
  }
  return spent;
}

/** Locks an account until the transaction ends, and reads its usage. */
export async function lockAccount(tx: Transaction, account: Buffer): Promise<AccountUsage> {
  await tx`insert into pull_usage (account) values (${account}) on conflict do nothing`;
  const [row] = await tx<[{ step_times_ms: number[]; pull_times_ms: number[]; now: number }]>`
    select step_times_ms, pull_times_ms, floor(extract(epoch from clock_timestamp()) * 1000)::float8 as now from pull_usage where account = ${account} for update`;
  return { steps: row.step_times_ms, pulls: row.pull_times_ms, nowMs: row.now };
}

/** Counts one more of each unit and drops times that no budget needs. Returns the counted time, for a refund. */
export async function recordUse(
  tx: Transaction,
  account: Buffer,
  used: AccountUsage,
  units: readonly Unit[],
  budgets: PullLimits['budgets'],
): Promise<number> {
  // Later than any before it, so that each time is unique.
  const atMs = Math.max(used.nowMs, ...[...used.steps.slice(-1), ...used.pulls.slice(-1)].map((last) => last + 1));
  const remaining = (unit: Unit): number[] => {
    const maxMs = Math.max(
      0,
      ...budgets.filter((budget) => budget.unit === unit).map(({ periodMs }) => periodMs + slackMs),
    );
    return [...used[unit], ...(units.includes(unit) ? [atMs] : [])].filter((at) => at > used.nowMs - maxMs);
  };
  await tx`
    update pull_usage set step_times_ms = ${remaining('steps')}::float8[], pull_times_ms = ${remaining('pulls')}::float8[], used_at = now() where account = ${account}`;
  return atMs;
}
