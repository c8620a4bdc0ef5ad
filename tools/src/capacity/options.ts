import { choice, flag, number, text, type Command, type Option, type OptionValues } from '../options.js';
import { resources, type UnitCost } from './figures.js';
import { destinations } from './partner.js';
import { units } from './units.js';

const maxRates = 12;

/** Rates of events, separated by commas. */
const rates: Option<readonly number[]> = {
  placeholder: 'RATES',
  help: 'the rates to work out, separated by commas (1000,10000,100000,1000000)',
  default: [1_000, 10_000, 100_000, 1_000_000],
  read(given) {
    const values = given.split(',');
    const isValid = values.every((value) => /^\d{1,8}$/.test(value) && Number(value) > 0);
    return isValid && values.length <= maxRates
      ? { value: values.map(Number) }
      : `up to ${maxRates} whole numbers from 1 to 99999999, separated by commas`;
  },
};

const unitCosts: Option<readonly UnitCost[]> = {
  placeholder: 'COSTS',
  help: `costs to replace, such as api.event=4,wal.request=300: ${resources.join(', ')}, each with ${units.join(', ')}`,
  default: [],
  read(given) {
    const costs = given.split(',').map(readUnitCost);
    return costs.every((cost) => cost !== undefined)
      ? { value: costs }
      : `RESOURCE.UNIT=NUMBER, separated by commas; resources: ${resources.join(', ')}; units: ${units.join(', ')}`;
  },
};

function readUnitCost(text: string): UnitCost | undefined {
  const [, resourceName, unitName, cost] = /^(\w+)\.(\w+)=(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  const resource = resources.find((name) => name === resourceName);
  const unit = units.find((name) => name === unitName);
  return resource && unit ? { resource, unit, cost: Number(cost) } : undefined;
}

/** A whole number from `min` to `max`; without it, the figure that was measured. */
function measured(min: number, max: number, help: string): Option<number | undefined> {
  const { read } = number(min, min, max, help);
  return { placeholder: 'N', help: `${help} (as measured)`, default: undefined, read };
}

export const options = {
  eventsPerSecond: rates,
  eventsPerRequest: number(100, 1, 10_000, 'events in a request; the platform sends up to 100'),
  currents: number(2, 1, 10_000, 'Currents, each to a project of its own'),
  share: number(100, 1, 100, 'percent of the events that each Current selects'),
  retentionDays: number(14, 3, 365, 'days for which events are kept'),
  destination: choice(destinations, 'mixpanel', 'the partner, whose limits hold'),
  partnerMs: number(100, 1, 60_000, 'how late the partner answers, in ms'),
  partnerEventsPerSecond: {
    ...measured(1, 100_000_000, ''),
    help: 'events a second that the partner accepts for one project (as it documents)',
  },
  utilisation: number(60, 10, 95, 'percent of a core that may be in use; the rest is for bursts'),
  eventBytes: measured(10, 1_000_000, 'JSON of an event in a request, in bytes'),
  fsyncsPerSecond: measured(1, 10_000_000, 'synchronous writes that the disk does in a second'),
  connectionsPerProcess: measured(1, 1_000, 'connections to Postgres of a process of the hub'),
  postgresCores: number(32, 1, 1_024, 'cores of the Postgres server'),
  walMegabytesPerSecond: number(500, 1, 100_000, 'MB a second of WAL that the disk takes'),
  diskGigabytes: number(16_000, 1, 10_000_000, 'GB of the disk'),
  maxConnections: number(500, 10, 100_000, 'max_connections of Postgres'),
  checkpointSeconds: number(300, 30, 86_400, 'seconds between two checkpoints of Postgres (checkpoint_timeout)'),
  unitCosts,
  figures: text('FILE', undefined, 'the figures: of --measure, or the result of npm run bench -- --only curve'),
  seed: number(1, 0, 2 ** 31, 'seed of the simulation, and of the events of --measure'),
  measure: flag('first measures the figures of this machine with a small hub, in some minutes'),
  events: number(100_000, 5_000, 10_000_000, 'with --measure: events of a flood; more make the costs of CPU steadier'),
  seconds: number(5, 2, 60, 'with --measure: how long a run at a fixed rate lasts'),
  output: text('FILE', 'capacity-figures.json', 'with --measure: the file that the figures are written to'),
  docs: flag(
    'also writes the figures, and their result with the default options, to docs/capacity.md and its figures file',
  ),
};

export type CapacityOptions = OptionValues<typeof options>;

export const capacity: Command<typeof options> = {
  name: 'npm run capacity',
  summary: `Works out what rates of events need: processes and cores of api, worker and Postgres, WAL, disk, connections, network,
and which limit comes first. It multiplies measured costs of an event, a request, a commit and so on by how many of each
a rate has; nothing is sent. docs/capacity.md explains the figures. With --measure it measures those of this machine.`,
  options,
};
