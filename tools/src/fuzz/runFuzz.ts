import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { request } from 'undici';
import { startFakeMixpanel } from '../fakes/mixpanel/startFakeMixpanel.js';
import { createAdminClient, type Counts } from '../hub/adminClient.js';
import { startHub } from '../hub/startHub.js';
import { createChooser } from './grammar/chooser.js';
import { createDocumentGrammar, introspectionQuery, type Introspection } from './grammar/graphqlDocument.js';
import { createRequestGrammar, type Access, type FuzzRequest } from './grammar/httpRequest.js';
import { openRawConnection, type Answer } from './rawConnection.js';

export interface FuzzOptions {
  readonly seed: number;
  readonly requests: number;
  /** A database to use instead of an embedded one. */
  readonly databaseUrl?: string | undefined;
  readonly onProgress?: (done: number, result: FuzzResult) => void;
  /** Called for each of the first faults as it occurs. */
  readonly onFault?: (text: string) => void;
}

export interface FuzzResult {
  /** What should not have happened; the first ones. */
  readonly faults: string[];
  faultCount: number;
  /** Answers by endpoint and status; `closed` where the connection was closed instead. */
  readonly answers: Record<string, Record<string, number>>;
  /** Bytes of the largest answer. */
  largestAnswerBytes: number;
  /** Good events that were accepted, and those of them that the partner does not have. */
  goodEvents: number;
  lostEvents: number;
  counts: Counts | undefined;
  /** The api's memory: the peak, and the highest reading in the first and the second half of the run, in MB. */
  readonly memory: { peak: number; firstHalf: number; secondHalf: number };
  /** The longest stall of the api's event loop, in milliseconds. */
  stallMs: number;
}

const senders = 8;
const answerMs = 30_000;
const settleMs = 180_000;
const maxFaultsShown = 20;
/** A list of 200 items with everything in it stays below. */
const maxAnswerBytes = 8 * 1024 * 1024;
const project = { projectId: '1001', token: 'fuzz-project-token' };

/** Sends so many generated requests to a hub of its own. The same seed generates the same requests. */
export async function runFuzz({ seed, requests, databaseUrl, onProgress, onFault }: FuzzOptions): Promise<FuzzResult> {
  const result = emptyResult();
  const fault = (text: string): void => {
    result.faultCount++;
    if (result.faults.length >= maxFaultsShown) return;
    result.faults.push(text);
    onFault?.(text);
  };
  const mixpanel = await startFakeMixpanel({ projects: [project], mode: 'lean' });
  const hub = await startHub({
    databaseUrl,
    environment: {
      API_PORT: '0',
      WORKER_PORT: '0',
      ALLOW_CUSTOM_BASE_URL: 'true',
      ALLOW_PRIVATE_ADDRESSES: 'true',
      LOG_LEVEL: 'error',
      // Nothing leaves this machine, whatever address a generated request names.
      HTTPS_PROXY: 'http://127.0.0.1:1',
      NO_PROXY: '127.0.0.1',
    },
    onLine: (program, line) => {
      if (!line.startsWith('admin token')) fault(`${program} logged: ${line.slice(0, 500)}`);
    },
  });
  let isOver = false;
  for (const program of [hub.api, ...hub.workers])
    void program.ended.then((how) => isOver || fault(`${program.name} ended by itself (${how})`));
  try {
    const admin = createAdminClient(hub.api.url, hub.adminToken ?? '');
    const { access, currentId } = await prepare(admin, hub.adminToken ?? '', mixpanel.url);
    const { __schema } = await admin.ask<{ __schema: Introspection }>(introspectionQuery);
    const next = createRequestGrammar(access, createDocumentGrammar(__schema));
    const good: string[] = [];
    let done = 0;
    const send = async (number: number): Promise<void> => {
      const choose = createChooser(seed * 1_000 + number);
      const connection = openRawConnection(hub.api.url, answerMs);
      let made = 0;
      for (let turn = number; turn < requests; turn += senders) {
        const sent = next(choose, () => `fuzz-${seed}-${number}-${made++}`);
        await exchange(connection, sent, result, good, fault);
        done++;
        if (done % 500 === 0) {
          await readMemory(hub.api.pid, done / requests, result);
          onProgress?.(done, result);
        }
      }
      connection.close();
    };
    await Promise.all(Array.from({ length: senders }, (_, number) => send(number)));
    await readMemory(hub.api.pid, 1, result);
    result.stallMs = await readStallMs(hub.api.url);
    result.counts = await settled(admin, currentId);
    if (result.counts.pending > 0) fault(`${result.counts.pending} events are still pending`);
    result.goodEvents = good.length;
    const lost = mixpanel.control.missing(good);
    result.lostEvents = lost.length;
    if (lost.length > 0) fault(`good events that were accepted are not at the partner, such as ${lost[0]}`);
    const { violations } = mixpanel.control.summary();
    if (Object.keys(violations).length > 0) fault(`the partner's rules were violated: ${JSON.stringify(violations)}`);
  } finally {
    isOver = true;
    await hub.stop();
    await mixpanel.close();
  }
  return result;
}

function emptyResult(): FuzzResult {
  return {
    faults: [],
    faultCount: 0,
    answers: {},
    largestAnswerBytes: 0,
    goodEvents: 0,
    lostEvents: 0,
    counts: undefined,
    memory: { peak: 0, firstHalf: 0, secondHalf: 0 },
    stallMs: 0,
  };
}

async function prepare(admin: ReturnType<typeof createAdminClient>, adminToken: string, partnerUrl: string) {
  const ingestToken = await admin.createIngestToken('fuzz');
  const current = await admin.launchCurrent({
    name: 'Fuzz',
    contactEmail: 'fuzz@example.com',
    destination: 'mixpanel',
    settings: { region: 'us', baseUrl: partnerUrl },
    credentials: { kind: 'projectToken', token: project.token },
    selection: { groups: ['behaviour', 'campaign', 'canvas', 'message', 'other'] },
  });
  const { key } = await admin.run<{ key: string }>(
    `mutation { createImportKey(input: { partner: "mixpanel", name: "fuzz" }) { __typename ... on CreateImportKeyPayload { key } ... on Problem { message } } }`,
    {},
    'CreateImportKeyPayload',
  );
  const access: Access = { ingestToken, adminToken, importKeys: { mixpanel: key } };
  return { access, currentId: current };
}

async function exchange(
  connection: ReturnType<typeof openRawConnection>,
  sent: FuzzRequest,
  result: FuzzResult,
  good: string[],
  fault: (text: string) => void,
): Promise<void> {
  let answer: Answer | undefined;
  let failure: string | undefined;
  try {
    answer = await connection.exchange(sent.bytes, sent.isWhole);
    failure = answer && faultOf(answer);
    // A whole request is answered, however wrong it is.
    if (!answer && sent.isWhole) failure = 'the connection was closed without an answer';
  } catch (error) {
    failure = (error as Error).message;
  }
  const byStatus = (result.answers[sent.endpoint] ??= {});
  const status = answer ? String(answer.status) : 'closed';
  byStatus[status] = (byStatus[status] ?? 0) + 1;
  result.largestAnswerBytes = Math.max(result.largestAnswerBytes, answer?.bytes ?? 0);
  if (answer?.status === 200) for (const id of sent.good) good.push(id);
  if (failure !== undefined) fault(`${sent.endpoint}: ${failure}; the request is in ${await keep(sent.bytes)}`);
}

function faultOf({ status, text, bytes }: Answer): string | undefined {
  if (status >= 500) return `answered ${status}: ${text.slice(0, 300)}`;
  if (text.includes('INTERNAL_SERVER_ERROR')) return `an internal error: ${text.slice(0, 500)}`;
  return bytes > maxAnswerBytes ? `an answer of ${bytes} bytes` : undefined;
}

let folder: Promise<string> | undefined;
let kept = 0;

async function keep(bytes: Buffer): Promise<string> {
  if (kept >= maxFaultsShown) return '(not kept)';
  folder ??= mkdtemp(join(tmpdir(), 'currents-fuzz-'));
  const path = join(await folder, `request-${kept++}`);
  await writeFile(path, bytes);
  return path;
}

async function readMemory(pid: number, share: number, { memory }: FuzzResult): Promise<void> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const megabytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) / 1_000;
  memory.peak = Math.max(memory.peak, megabytes('VmHWM'));
  const half = share <= 0.5 ? 'firstHalf' : 'secondHalf';
  memory[half] = Math.max(memory[half], megabytes('VmRSS'));
}

async function readStallMs(url: string): Promise<number> {
  const { body } = await request(`${url}/metrics`);
  return 1_000 * Number(/^nodejs_eventloop_lag_max_seconds(?:\{[^}]*\})? (\S+)$/m.exec(await body.text())?.[1] ?? 0);
}

async function settled(admin: ReturnType<typeof createAdminClient>, currentId: string): Promise<Counts> {
  const untilMs = Date.now() + settleMs;
  for (;;) {
    const counts = await admin.counts(currentId);
    if (counts.pending === 0 || Date.now() > untilMs) return counts;
    await wait(200);
  }
}
