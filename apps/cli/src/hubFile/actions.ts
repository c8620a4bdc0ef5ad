import { confirm } from '../change/confirm.js';
import { CommandFailure, exitCodes, type ExitCode } from '../failure.js';
import type { Session } from '../session.js';
import { applyPlan, type Applied } from './applyPlan.js';
import { exportHub } from './exportHub.js';
import { formatHubFile } from './formatHubFile.js';
import { describePlan, planChanges } from './plan/plan.js';
import type { Plan, ShownSecret, Step } from './plan/step.js';
import { readHub, type HubState } from './readHub.js';
import { readHubFile } from './readHubFile.js';
import { readSecrets } from './secrets.js';
import { openSecretsOut } from './secretsOut.js';

export interface PlanOptions {
  readonly secrets?: string;
  readonly prune?: boolean;
  readonly replaceCredentials?: boolean;
  readonly exitCode?: boolean;
}

export interface ApplyOptions extends PlanOptions {
  readonly skipTest?: boolean;
  readonly secretsOut?: string;
}

/** Prints what a hub is set up with. */
export async function exportConfig({ hub, terminal, isJson }: Session): Promise<void> {
  const file = exportHub(await readHub(hub));
  if (isJson) terminal.printJson(file);
  else terminal.print(formatHubFile(file).trimEnd());
}

/** Prints what a file would change. */
export async function planConfig(
  session: Session,
  path: string,
  options: PlanOptions,
  environment: NodeJS.ProcessEnv,
): Promise<ExitCode> {
  const { plan } = await makePlan(session, path, options, environment);
  if (session.isJson) session.terminal.printJson(planJson(plan));
  else session.terminal.print(describePlan(plan, session.hub.url));
  const isDirty = plan.problems.length > 0 || (options.exitCode === true && plan.steps.length > 0);
  return isDirty ? exitCodes.negative : exitCodes.done;
}

interface Planned {
  readonly state: HubState;
  readonly plan: Plan;
}

async function makePlan(
  { hub }: Session,
  path: string,
  options: ApplyOptions,
  environment: NodeJS.ProcessEnv,
): Promise<Planned> {
  const file = readHubFile(path);
  const secrets = readSecrets(environment, options.secrets);
  const state = await readHub(hub);
  const plan = planChanges({
    file,
    hub: state,
    secrets,
    isPruning: options.prune === true,
    replacesCredentials: options.replaceCredentials === true,
    skipsTest: options.skipTest === true,
  });
  return { state, plan };
}

/** Changes a hub to what a file says. */
export async function applyConfig(
  session: Session,
  path: string,
  options: ApplyOptions,
  environment: NodeJS.ProcessEnv,
): Promise<ExitCode> {
  const { state, plan } = await makePlan(session, path, options, environment);
  const { hub, terminal, isJson } = session;
  const words = describePlan(plan, hub.url);
  if (plan.problems.length > 0) throw new CommandFailure(`${words}\nNothing was changed.`, exitCodes.negative);
  if (plan.steps.length === 0) {
    terminal.note(words);
    if (isJson) terminal.printJson({ done: [], failed: [], secrets: [] });
    return exitCodes.done;
  }
  const out = options.secretsOut === undefined ? undefined : openSecretsOut(options.secretsOut);
  try {
    await confirm(session, words, options.prune === true ? 'prune' : 'apply');
    const secrets: ShownSecret[] = [];
    const onSecret = (secret: ShownSecret): void => {
      if (out) out.write(secret);
      else if (isJson) secrets.push(secret);
      else terminal.print(`${secret.kind} ${secret.name}: ${secret.secret}`);
    };
    const applied = await run(session, { state, plan }, onSecret);
    if (isJson) terminal.printJson({ ...appliedJson(applied), secrets });
    return report(session, applied, plan);
  } finally {
    out?.close();
  }
}

async function run(
  { hub, terminal }: Session,
  { state, plan }: Planned,
  onSecret: (secret: ShownSecret) => void,
): Promise<Applied> {
  const leaving = new AbortController();
  const leave = (): void => leaving.abort();
  process.once('SIGINT', leave);
  try {
    return await applyPlan(hub, state, plan, {
      onStep: ({ verb, subject }, position) => terminal.note(`[${position}/${plan.steps.length}] ${verb} ${subject}`),
      onFailure: (_step, message) => terminal.note(`  failed: ${message}`),
      onSecret,
      signal: leaving.signal,
    });
  } finally {
    process.off('SIGINT', leave);
  }
}

function report({ terminal }: Session, { done, failed, stoppedBy }: Applied, { steps }: Plan): ExitCode {
  const count = `${done.length} of ${steps.length} changes are done`;
  const again = 'apply the file again for the rest';
  if (stoppedBy) throw new CommandFailure(`${stoppedBy.message}; ${count}; ${again}`, stoppedBy.exitCode);
  if (failed.length > 0) throw new CommandFailure(`${count}; ${again}`, exitCodes.negative);
  terminal.note(`${count}.`);
  return exitCodes.done;
}

const stepJson = ({ verb, subject, details }: Step) => ({ verb, subject, details });

function planJson({ steps, leftOver, notes, problems }: Plan) {
  return { changes: steps.map(stepJson), leftOver, notDone: notes, problems };
}

function appliedJson({ done, failed }: Applied) {
  return { done: done.map(stepJson), failed: failed.map(({ step, message }) => ({ ...stepJson(step), message })) };
}
