import type { Command } from 'commander';
import { documents } from '../documents.js';
import { exitCodes } from '../failure.js';
import { fields } from '../output/table.js';
import { time } from '../output/time.js';
import { asking, type Surroundings } from '../session.js';
import { withExample } from './options.js';

export interface OverviewItem {
  readonly kind: string;
  readonly severity: 'CRITICAL' | 'WARNING' | 'INFO';
  readonly message: string;
  readonly remedy: string;
  readonly startedAt: string | null;
  readonly count: number | null;
  readonly node: { readonly id: string } | null;
}

export interface Overview {
  readonly checkedAt: string;
  readonly itemCount: number;
  readonly liveWorkerCount: number | null;
  readonly deadLetterCount: number | null;
  readonly quarantinedEventCount: number | null;
  readonly totals: {
    readonly currentsByState: readonly { readonly state: string; readonly currentCount: number }[];
    readonly pendingCount: number;
    readonly oldestPendingAt: string | null;
    readonly selectedTodayCount: number;
    readonly deliveredTodayCount: number;
  } | null;
  readonly items: readonly OverviewItem[];
}

export function addOverview(program: Command, surroundings: Surroundings): void {
  withExample(program.command('overview'), 'currents overview', 'currents overview --json | jq .items')
    .summary('what is wrong now, the worst first')
    .description('Prints what is wrong now, the worst first, with what to do. Exits with 1 when something is critical.')
    .action(
      asking(surroundings, async ({ hub, terminal, isJson }) => {
        const { overview } = await hub.ask<{ overview: Overview }>(documents.overview);
        if (isJson) terminal.printJson(overview);
        else terminal.print(describeOverview(overview));
        return overview.items.some(({ severity }) => severity === 'CRITICAL') ? exitCodes.negative : exitCodes.done;
      }),
    );
}

const severities: readonly OverviewItem['severity'][] = ['CRITICAL', 'WARNING', 'INFO'];

export function describeOverview({ items, itemCount, totals, ...counts }: Overview): string {
  const rank = ({ severity }: OverviewItem): number => severities.indexOf(severity);
  const sorted = items.toSorted((a, b) => rank(a) - rank(b));
  const left = itemCount - items.length;
  return [
    ...(items.length === 0 ? ['Nothing needs attention.'] : sorted.map(describeItem)),
    ...(left > 0 ? [`… and ${left} more`] : []),
    '',
    fields({
      'live workers': counts.liveWorkerCount,
      Currents: totals?.currentsByState
        .filter(({ currentCount }) => currentCount > 0)
        .map(({ state, currentCount }) => `${currentCount} ${state}`)
        .join(', '),
      'delivered today': totals?.deliveredTodayCount,
      pending: totals?.pendingCount,
      'oldest pending since': time(totals?.oldestPendingAt),
      'dead letters': counts.deadLetterCount,
      quarantined: counts.quarantinedEventCount,
    }),
  ].join('\n');
}

function describeItem({ severity, kind, message, remedy, startedAt, node }: OverviewItem): string {
  const since = startedAt === null ? '' : ` since ${time(startedAt)}`;
  const id = node === null ? '' : ` ${node.id}`;
  return `${severity.padEnd(8)}  ${kind}${id}${since}\n          ${message}\n          ${remedy}`;
}
