import type { Command } from 'commander';
import { readPages } from '../hub/readPages.js';
import { time } from '../output/time.js';
import { segmentDocuments } from '../segmentDocuments.js';
import { asking, type Surroundings } from '../session.js';
import { given, withExample, withLimit } from './options.js';
import { printList } from './printList.js';
import { addSegmentSyncs } from './segmentSyncs.js';

interface SegmentRow {
  readonly id: string;
  readonly name: string;
  readonly memberCount: number | null;
  readonly evaluatedAt: string | null;
  readonly cohorts: readonly { readonly nameAtPartner: string }[];
}

export function addSegments(program: Command, surroundings: Surroundings): void {
  const segments = program
    .command('segments')
    .description('Lists segments, and holds their members at destinations such as Braze.');

  withExample(
    withLimit(segments.command('list'), 200),
    'currents segments list',
    'currents segments list --search buyers',
  )
    .summary('the segments and how many members they have')
    .description('Lists the segments, with their cohorts and how many members they have.')
    .option('--search <text>', 'only segments with this text in their names')
    .action(
      asking<{ readonly limit: number; readonly search?: string }>(
        surroundings,
        async (session, _args, { limit, search }) => {
          const variables = { filter: given({ search }) };
          const pages = await readPages<SegmentRow>(session.hub, segmentDocuments.segments, variables, limit);
          printList(session, pages, columns, 'There are no such segments.');
        },
      ),
    );

  addSegmentSyncs(segments, surroundings);
}

const columns = [
  { title: 'ID', of: ({ id }: SegmentRow) => id },
  { title: 'MEMBERS', of: ({ memberCount }: SegmentRow) => memberCount },
  { title: 'EVALUATED', of: ({ evaluatedAt }: SegmentRow) => time(evaluatedAt) },
  { title: 'NAME', of: ({ name }: SegmentRow) => name },
  { title: 'COHORTS', of: ({ cohorts }: SegmentRow) => cohorts.map(({ nameAtPartner }) => nameAtPartner).join(', ') },
];
