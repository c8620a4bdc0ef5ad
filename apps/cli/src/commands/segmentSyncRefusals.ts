import type { Command } from 'commander';
import { findSync } from '../hub/findSync.js';
import { readPages, type Page } from '../hub/readPages.js';
import { unwrap, type Problem } from '../hub/unwrap.js';
import { time } from '../output/time.js';
import { segmentDocuments } from '../segmentDocuments.js';
import { asking, type Surroundings } from '../session.js';
import { given, withExample, withLimit } from './options.js';
import { printList } from './printList.js';

interface Refusal {
  readonly id: string;
  readonly type: 'ENTERED' | 'LEFT';
  readonly code: string;
  readonly detail: string;
  readonly refusedAt: string;
  readonly isSuperseded: boolean;
  readonly member: {
    readonly externalId: string | null;
    readonly deviceId: string | null;
    readonly alias: { readonly name: string; readonly label: string } | null;
  };
}

interface Refusals {
  readonly unlistedRefusalCount: number;
  readonly refusals: Page<Refusal>;
}

interface RefusalOptions {
  readonly limit: number;
  readonly code?: string;
  readonly latest?: boolean;
}

/** The command that lists what a destination refused. */
export function addSyncRefusals(syncs: Command, surroundings: Surroundings): void {
  withExample(
    withLimit(syncs.command('refused <sync>'), 50),
    'currents segments sync refused ssy_1',
    'currents segments sync refused currents_buyers --code refused_by_braze --latest',
  )
    .summary('whom the destination refused, and why')
    .description(
      'Lists the users whom the destination refused or cannot take, the newest first, each with the reason. Needs the role operator.',
    )
    .option('--code <code>', 'only those with this reason, such as refused_by_braze')
    .option('--latest', 'only users of whom nothing was sent later')
    .action(
      asking<RefusalOptions>(surroundings, async (session, [name = ''], { limit, code, latest }) => {
        const { hub, terminal } = session;
        const { id } = await findSync(hub, name);
        const filter = given({ code, isSuperseded: latest === true ? false : undefined });
        let unlistedCount = 0;
        const pages = await readPages<Refusal>(hub, segmentDocuments.refusals, { id, filter }, limit, {
          pageIn(answer) {
            const { refusals, unlistedRefusalCount } = unwrap(
              (answer as { segmentSync: Refusals | Problem }).segmentSync,
            );
            unlistedCount = unlistedRefusalCount;
            return refusals;
          },
        });
        printList(session, pages, columns, 'There are no such refusals.');
        if (unlistedCount > 0)
          terminal.note(
            `${unlistedCount} more are counted and no longer listed: the hub keeps the newest 10,000 of a sync for the retention period.`,
          );
      }),
    );
}

const columns = [
  { title: 'REFUSED', of: ({ refusedAt }: Refusal) => time(refusedAt) },
  { title: 'USER', of: ({ member }: Refusal) => describeMember(member) },
  { title: 'CHANGE', of: ({ type }: Refusal) => type },
  { title: 'CODE', of: ({ code }: Refusal) => code },
  { title: 'SINCE', of: ({ isSuperseded }: Refusal) => (isSuperseded ? 'sent again' : undefined) },
  { title: 'DETAIL', of: ({ detail }: Refusal) => detail },
];

function describeMember({ externalId, deviceId, alias }: Refusal['member']): string {
  if (externalId !== null) return `external:${externalId}`;
  return alias === null ? `device:${deviceId}` : `alias:${alias.label}:${alias.name}`;
}
