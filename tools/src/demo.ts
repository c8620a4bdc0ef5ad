import { runDemo } from './demo/runDemo.js';
import { flag, number, runCommand } from './options.js';

const command = {
  name: 'npm run demo',
  summary: `Starts a whole hub on an empty database of its own with fake partners, streams events of every type through
it, and checks that every event is accounted for. Nothing is left behind.`,
  options: {
    events: number(6_200, 1, 1_000_000, 'how many events to stream'),
    keep: flag('leave everything running at the end, and print what to try'),
  },
};

await runCommand(command, process.argv.slice(2), async (options) => {
  process.exitCode = (await runDemo(options)) ? 0 : 1;
});
