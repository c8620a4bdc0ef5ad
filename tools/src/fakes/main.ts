import { flag, number, runCommand, text } from '../options.js';
import { startFakeAmplitude } from './amplitude/startFakeAmplitude.js';
import { startFakeBraze } from './braze/startFakeBraze.js';
import { startFakeMixpanel } from './mixpanel/startFakeMixpanel.js';

const starters = { mixpanel: startFakeMixpanel, amplitude: startFakeAmplitude, braze: startFakeBraze } as const;
const partners = Object.keys(starters) as (keyof typeof starters)[];
const [partner = '', ...args] = process.argv.slice(2);
const command = {
  name: 'node tools/dist/fakes/main.js mixpanel|amplitude|braze',
  summary: 'Runs a strict fake of a partner and prints its addresses as JSON.',
  options: {
    port: number(0, 0, 65_535, "the first listener's port; 0 for a free one"),
    controlPort: number(0, 0, 65_535, "the control API's port; 0 for a free one"),
    lean: flag('keeps only counts and hashes'),
    seed: number(1, 0, 2 ** 32 - 1, 'seed of everything that happens by chance'),
    startMs: number(Date.now(), 0, Number.MAX_SAFE_INTEGER, 'virtual time to start at'),
    speed: number(1, 0, 1_000_000, 'speed of the virtual clock: 1 is real time, 0 stands still'),
    projects: text('JSON', '[]', 'projects to create, as for POST /_ctl/projects'),
    profile: text('JSON', '{}', 'switches, as for POST /_ctl/profile'),
  },
};

const named = partners.find((name) => name === partner);
if (!named) process.exitCode = 2;
await runCommand(command, named ? args : ['--help'], async (options) => {
  // The values are validated when projects are created and switches are set.
  const fake = await starters[named ?? 'mixpanel']({
    ports: { us: options.port, rest: options.port },
    controlPort: options.controlPort,
    mode: options.lean ? 'lean' : 'full',
    seed: options.seed,
    clock: { startMs: options.startMs, speed: options.speed },
    projects: JSON.parse(options.projects) as never[],
    profile: JSON.parse(options.profile) as Record<string, never>,
  });
  process.stdout.write(`${JSON.stringify({ url: fake.url, urls: fake.urls, controlUrl: fake.controlUrl })}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void fake.close());
});
