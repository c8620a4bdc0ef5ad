import { parseArgs } from 'node:util';
import { startFakeAmplitude } from './amplitude/startFakeAmplitude.js';
import { startFakeMixpanel } from './mixpanel/startFakeMixpanel.js';

const usage = `usage: main.js mixpanel|amplitude [options]
  --port N            the first listener's port (a free one when absent)
  --control-port N    the control API's port (a free one when absent)
  --lean              keep only counts and hashes
  --seed N            of everything that happens by chance
  --start-ms N        virtual time to start at
  --speed N           of the virtual clock: 1 is real time, 0 stands still
  --projects JSON     projects to create, as for POST /_ctl/projects
  --profile JSON      switches, as for POST /_ctl/profile`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: 'string' },
    'control-port': { type: 'string' },
    lean: { type: 'boolean' },
    seed: { type: 'string' },
    'start-ms': { type: 'string' },
    speed: { type: 'string' },
    projects: { type: 'string' },
    profile: { type: 'string' },
  },
});

const starters = { mixpanel: startFakeMixpanel, amplitude: startFakeAmplitude } as const;

const start = Object.hasOwn(starters, positionals[0] ?? '')
  ? starters[positionals[0] as keyof typeof starters]
  : undefined;
if (start === undefined) {
  process.stderr.write(`${usage}\n`);
  process.exit(2);
}

// What --projects and --profile hold is checked where projects are created and switches turned.
const fake = await start({
  ports: { us: numberOf('port') ?? 0 },
  controlPort: numberOf('control-port') ?? 0,
  mode: values.lean === true ? 'lean' : 'full',
  seed: numberOf('seed') ?? 1,
  clock: { startMs: numberOf('start-ms') ?? Date.now(), speed: numberOf('speed') ?? 1 },
  projects: values.projects === undefined ? [] : (JSON.parse(values.projects) as never[]),
  profile: values.profile === undefined ? {} : (JSON.parse(values.profile) as Record<string, never>),
});
process.stdout.write(`${JSON.stringify({ url: fake.url, urls: fake.urls, controlUrl: fake.controlUrl })}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void fake.close());

function numberOf(name: 'port' | 'control-port' | 'seed' | 'start-ms' | 'speed'): number | undefined {
  const given = values[name];
  if (given === undefined) return undefined;
  const number = Number(given);
  if (!Number.isFinite(number)) throw new Error(`--${name} must be a number, got ${JSON.stringify(given)}`);
  return number;
}
