import { parseArgs } from 'node:util';
import { runDemo } from './demo/runDemo.js';

const usage = `npm run demo [-- options]

Starts a whole hub on an empty database of its own, with partners that pretend, streams events of
every type through it, and checks that every single one is accounted for. Nothing is left behind.

  --events N   how many events to stream (6200)
  --keep       leave everything running at the end, and print what to try
  --help       this text
`;

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '6200' },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const events = Number(values.events);

if (values.help) {
  console.log(usage);
} else if (!Number.isInteger(events) || events < 1 || events > 1_000_000) {
  console.error(`--events wants a whole number from 1 to 1000000; got ${JSON.stringify(values.events)}`);
  process.exitCode = 2;
} else {
  process.exitCode = (await runDemo({ events, keep: values.keep })) ? 0 : 1;
}
