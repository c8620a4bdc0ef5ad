import { fileURLToPath } from 'node:url';
import { markdownTable } from '../bench/curve/document.js';
import type { Table } from '../bench/curve/table.js';
import { readOptions } from '../options.js';
import type { Figures } from './figures.js';
import { options } from './options.js';
import { bottlenecksOfPlan, planOf, type Plan } from './plan.js';
import {
  amount,
  costTable,
  demandTable,
  runTable,
  simulationTable,
  bottlenecksBySize,
  bottleneckTable,
} from './tables.js';

export const documentFile = fileURLToPath(new URL('../../../docs/capacity.md', import.meta.url));

const begin = '<!-- capacity: begin; written by npm run capacity -- --docs -->';
const end = '<!-- capacity: end -->';
const sizes = [1, 10, 100];

/** The text with what the figures lead to, with the default options, between its two markers. Throws when it lacks them. */
export function insertPlan(text: string, figures: Figures): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`expected the lines "${begin}" and "${end}" in the document`);
  return `${text.slice(0, from)}${begin}\n\n${sectionsOf(figures).join('\n\n')}\n\n${text.slice(to)}`;
}

function sectionsOf(figures: Figures): readonly string[] {
  const given = readOptions(options, []);
  const plan = planOf(given, figures);
  const bySize = sizes.map((size) => [size, bottlenecksOfPlan({ ...given, eventsPerRequest: size }, figures)] as const);
  return [
    '### What each rate needs',
    `${given.eventsPerRequest} events of ${figures.eventBytes} bytes in a request, ${given.currents} Currents to ${given.destination} that select ${given.share} %, a partner that answers after ${given.partnerMs} ms, ${given.retentionDays} days of retention. Cores and processes are those to provide so that ${given.utilisation} % are in use. The rows add up all hubs; a rate is divided among hubs, and its Currents by event type, until no bottleneck is left but the limit of the partner.`,
    tableText(demandTable(plan.divisions, plan.bottlenecks, given.retentionDays)),
    measuredText(plan, figures),
    '### Bottlenecks',
    'The rates are those at which one hub, not divided, reaches a bottleneck; the numbers are those in "bottlenecks of one hub" above. "Divides" says what has to be divided to get past it. What is available of Postgres, disk and connections are the defaults of the options, not measurements, but for the fsyncs; its connector states the limit of the partner.',
    tableText(bottleneckTable(plan.bottlenecks)),
    plan.bottlenecks.map(({ name, remedy }, index) => `${index + 1}. **${name}**: ${remedy}.`).join('\n'),
    'Small requests lower these rates. The same bottlenecks, in events a second, by the events in a request:',
    tableText(bottlenecksBySize(bySize)),
    '### Delay and utilisation of an api process',
    'Simulated, with the same requests:',
    tableText(simulationTable(plan.loads)),
    '### Figures',
    `Measured on ${figures.machine.processor}, ${figures.machine.cores} cores, Node ${figures.machine.node}, Postgres ${figures.machine.postgres}, at commit ${figures.commit}; load ${figures.loadBefore} when the measurement began. An fsync takes ${figures.fsyncMs} ms, an event in a request to the partner ${amount(figures.partnerEventBytes)} bytes after compression, and the hash of a request ${amount(figures.requestIndexBytes)} bytes of index.`,
    tableText(costTable(figures)),
    Object.entries(figures.sources)
      .map(([name, source]) => `- ${name}: ${source}.`)
      .join('\n'),
    'The runs behind these costs. CPU and WAL are per event; those of the idle run are per second:',
    tableText(runTable(figures.runs)),
  ];
}

/** Which rates were measured. */
function measuredText({ divisions }: Plan, { runs }: Figures): string {
  const highest = Math.max(0, ...runs.map(({ eventsPerSecond }) => eventsPerSecond));
  const beyond = divisions.filter(({ eventsPerSecond }) => eventsPerSecond > highest);
  const names = beyond.map(({ eventsPerSecond }) => amount(eventsPerSecond)).join(', ');
  const extrapolated = names === '' ? '' : ` The columns ${names} are extrapolated: no such rate was run.`;
  return `The fastest run had ${amount(highest)} events/s.${extrapolated}`;
}

function tableText(table: Table): string {
  return markdownTable(table).join('\n');
}
