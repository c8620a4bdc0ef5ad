import { plainTable } from '../bench/curve/table.js';
import type { CapacityOptions } from './options.js';
import type { Plan } from './plan.js';
import { costTable, demandTable, simulationTable, bottleneckTable } from './tables.js';

/** The plan as lines of text. */
export function describePlan(
  { figures, divisions, bottlenecks, loads }: Plan,
  given: CapacityOptions,
): readonly string[] {
  const { machine, commit } = figures;
  const [first] = bottlenecks;
  return [
    `Figures of ${machine.processor}, ${machine.cores} cores, Node ${machine.node}, Postgres ${machine.postgres}, at commit ${commit}.`,
    `Cores and processes at ${given.utilisation} % in use; events of ${figures.eventBytes} bytes, ${given.eventsPerRequest} in a request; Currents: ${given.currents}, each with ${given.share} % of the events.`,
    '',
    ...plainTable(demandTable(divisions, bottlenecks, given.retentionDays)),
    '',
    'All hubs together; a rate is divided among as few hubs and Currents as no bottleneck allows but the limit of the partner.',
    'The bottlenecks, by the rate at which one undivided hub reaches them; more processes do not help:',
    '',
    ...plainTable(bottleneckTable(bottlenecks)),
    '',
    ...(first ? [`The first is "${first.name}": ${first.remedy.replaceAll('`', '')}.`, ''] : []),
    'One api process, simulated: from the arrival of a request to its answer.',
    '',
    ...plainTable(simulationTable(loads)),
    '',
    'The costs behind all this; the error is that of the run which they explain worst.',
    '',
    ...plainTable(costTable(figures)),
  ];
}
