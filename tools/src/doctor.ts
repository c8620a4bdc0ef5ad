import { connectors, readConfig as readApiConfig } from '@currents/api';
import { examine, type Finding } from '@currents/core';
import { readConfig as readWorkerConfig } from '@currents/worker';
import { flag, runCommand } from './options.js';

const command = {
  name: 'npm run doctor',
  summary: `Checks a configuration without starting anything: the variables of the environment and of .env, the database,
Redis, the SMTP server, the master key, the clock, the disk, and whether each destination can be reached. Changes nothing.
Prints a line for each check, with what to do where it is not ok, and ends with exit code 1 if any is not.`,
  options: { json: flag('prints each line as a JSON object') },
};

await runCommand(command, process.argv.slice(2), async ({ json }) => {
  const print = json ? printJson : printLine;
  let wrong = 0;
  for await (const finding of examine(process.env, { connectors, readConfigs: [readApiConfig, readWorkerConfig] })) {
    print(finding);
    if (finding.status === 'not ok') wrong++;
  }
  if (wrong > 0) process.exitCode = 1;
  if (!json) console.log(wrong === 0 ? '\nAll is ok.' : `\n${wrong} not ok.`);
});

function printJson(finding: Finding): void {
  console.log(JSON.stringify(finding));
}

function printLine({ subject, status, detail }: Finding): void {
  console.log(`${status.padEnd(13)}${subject.padEnd(17)}${detail}`);
}
