import { findProblems, QuestionRefused, type CurrentState, type HubFinding, type HubStatus } from '@currents/core';
import { Arg, Ctx, FieldResolver, Int, Query, Resolver, Root } from 'type-graphql';
import type { AdminContext } from './base/context.js';
import { Node } from './base/node.js';
import { RequiresRole } from './base/role.js';
import { costs } from './costs.js';
import { Overview, OverviewItem } from './overview.type.js';

/** All queries of a process together read the state of the hub once in this time. */
const maxAgeMs = 1_000;

/** An overview lists so many items at most. */
const maxItems = 200;

@Resolver(() => Overview)
export class OverviewResolver {
  @RequiresRole('viewer')
  @Query(() => Overview, {
    description: 'What is wrong with the hub now and needs a person, the worst first, with totals.',
    complexity: costs.read,
  })
  async overview(@Ctx() { hubStatus }: AdminContext): Promise<unknown> {
    const status = await hubStatus.read(maxAgeMs);
    const findings = findProblems(status);
    return {
      findings,
      itemCount: findings.length,
      checkedAt: status.now,
      totals: totalsOf(status),
      deadLetterCount: status.deadLetters.value?.reduce((sum, { count }) => sum + count, 0),
      quarantinedEventCount: status.heldEvents.value?.count,
      quarantineUsage: status.quarantineUsage.value && {
        usedByteCount: status.quarantineUsage.value.reduce((sum, { bytes }) => sum + bytes, 0),
        maxByteCount: status.quarantineMaxBytes,
      },
      liveWorkerCount: status.workers.value,
      ledgerCheckedAt: status.ledgerScan.value?.checkedAt,
    };
  }

  @FieldResolver(() => [OverviewItem], {
    description: 'What is wrong, the worst first: by severity, then by kind, then the longest first.',
    complexity: costs.page,
  })
  items(
    @Arg('first', () => Int, { defaultValue: 50, description: 'How many items to return at most: 1 to 200.' })
    first: number,
    @Root() { findings }: { readonly findings: readonly HubFinding[] },
  ): readonly object[] {
    if (first < 1 || first > maxItems)
      throw new QuestionRefused(`first: expected a whole number from 1 to ${maxItems}, got ${first}`);
    return findings.slice(0, first).map(({ since, ...finding }) => ({ ...finding, startedAt: since }));
  }
}

@Resolver(() => OverviewItem)
export class OverviewItemResolver {
  @FieldResolver(() => Node, { nullable: true })
  node(@Root() { subject }: HubFinding, @Ctx() { load }: AdminContext): unknown {
    return subject && load(subject.type, subject.key);
  }
}

function totalsOf({ currents: { value: currents } }: HubStatus) {
  if (!currents) return undefined;
  const states: readonly CurrentState[] = ['draft', 'live', 'paused', 'blocked'];
  const sum = (field: 'pendingCount' | 'selectedToday' | 'deliveredToday') =>
    currents.reduce((total, current) => total + current[field], 0);
  const oldestMs = currents.reduce(
    (oldest, { oldestPendingAt }) => Math.min(oldest, +(oldestPendingAt ?? Infinity)),
    Infinity,
  );
  return {
    currentsByState: states.map((state) => ({
      state,
      currentCount: currents.filter((current) => current.state === state).length,
    })),
    pendingCount: sum('pendingCount'),
    oldestPendingAt: Number.isFinite(oldestMs) ? new Date(oldestMs) : undefined,
    selectedTodayCount: sum('selectedToday'),
    deliveredTodayCount: sum('deliveredToday'),
  };
}
