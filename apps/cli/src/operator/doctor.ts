import { connectors, readConfig as readApiConfig, segmentExports } from '@currents/api';
import { examine, survivingLostConnections, type Finding } from '@currents/core';
import { readConfig as readWorkerConfig } from '@currents/worker';
import { checkNode } from './checkNode.js';
import { checkProgram } from './checkProgram.js';

export interface DoctorOptions {
  readonly isJson: boolean;
  readonly print: (line: string) => void;
}

/** Examines a configuration and what runs with it; starts and changes nothing. Prints a line for each finding, and returns how many are not ok. */
export async function runDoctor(environment: NodeJS.ProcessEnv, { isJson, print }: DoctorOptions): Promise<number> {
  let wrong = 0;
  await survivingLostConnections(async () => {
    for await (const finding of findings(environment)) {
      print(isJson ? JSON.stringify(finding) : lineOf(finding));
      if (finding.status === 'not ok') wrong++;
    }
  });
  if (!isJson) print(wrong === 0 ? '\nAll is ok.' : `\n${wrong} not ok.`);
  return wrong;
}

async function* findings(environment: NodeJS.ProcessEnv): AsyncGenerator<Finding> {
  yield checkNode(process.versions.node);
  yield* examine(environment, { connectors, segmentExports, readConfigs: [readApiConfig, readWorkerConfig] });
  const api = readOrNone(readApiConfig, environment);
  yield checkProgram('api', api && { host: api.API_HOST, port: api.API_PORT });
  const worker = readOrNone(readWorkerConfig, environment);
  yield checkProgram('worker', worker && { host: worker.WORKER_HOST, port: worker.WORKER_PORT });
}

/** What is wrong with a configuration is a finding of its own. */
function readOrNone<Config>(
  read: (environment: NodeJS.ProcessEnv) => Config,
  environment: NodeJS.ProcessEnv,
): Config | undefined {
  try {
    return read(environment);
  } catch {
    return undefined;
  }
}

function lineOf({ subject, status, detail }: Finding): string {
  return `${status.padEnd(13)}${subject.padEnd(17)}${detail}`;
}
