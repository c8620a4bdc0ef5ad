import { runDoctor } from '@currents/cli';
import { flag, runCommand } from './options.js';

const command = {
  name: 'npm run doctor',
  summary: `Checks a configuration, and what runs with it, without changing anything: Node, the variables of the environment
and of .env, the database, Redis, the SMTP server, the master key, the clock, the disk, whether each destination can be
reached, the ports, the api and the workers. Prints a line for each check, with what to do where it is not ok, and ends
with exit code 1 if any is not. It is the same as currents doctor.`,
  options: { json: flag('prints each line as a JSON object') },
};

await runCommand(command, process.argv.slice(2), async ({ json }) => {
  const wrong = await runDoctor(process.env, { isJson: json, print: (line) => console.log(line) });
  if (wrong > 0) process.exitCode = 1;
});
