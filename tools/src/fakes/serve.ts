import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { VirtualClock } from './clock.js';
import {
  json,
  usualConditions,
  type Conditions,
  type Decision,
  type FakeRequest,
  type PartnerService,
} from './exchange.js';
import type { FaultEngine } from './faults/engine.js';
import { endOf, type FaultEnd } from './faults/faultAnswer.js';
import type { FaultAction, FaultStage } from './faults/rule.js';
import { inflationGuardBytes } from './inflate.js';
import type { Ledger } from './ledger.js';
import { readBody } from './readBody.js';
import { sendAnswer, sendTruncated } from './sendAnswer.js';

/** Everything that a reset replaces. */
export interface World {
  readonly service: PartnerService;
  readonly ledger: Ledger;
  readonly faults: FaultEngine;
  readonly clock: VirtualClock;
}

interface Connection {
  readonly id: number;
  requests: number;
}

/** The way of every request through a fake: faults, decision, storing, answer, ledger. */
export interface RequestLine {
  connect(socket: Socket): void;
  serve(listener: string, request: IncomingMessage, response: ServerResponse): void;
}

export function createRequestLine(world: () => World, refuse: (seconds: number) => void): RequestLine {
  const connections = new WeakMap<Socket, Connection>();
  const inFlight = { all: 0, projects: new Map<string, number>() };
  let connectionCount = 0;
  let requestCount = 0;

  return {
    connect(socket) {
      connections.set(socket, { id: ++connectionCount, requests: 0 });
      const { faults, ledger } = world();
      for (const { id } of faults.strike('connect', undefined)) {
        ledger.faultWithoutRequest(id);
        socket.resetAndDestroy();
      }
    },
    serve(listener, incoming, response) {
      const connection = connections.get(incoming.socket) ?? { id: 0, requests: 0 };
      const now = world();
      const head = headOf(incoming, listener, ++requestCount, now.clock.now(), connection);
      connection.requests++;
      const leave = enter(inFlight, head, now);
      response.on('close', () => {
        leave();
        now.service.left?.(head.seq);
      });
      void walk(now, head, incoming, response, refuse);
    },
  };
}

function headOf(
  incoming: IncomingMessage,
  listener: string,
  seq: number,
  receivedAt: number,
  connection: Connection,
): FakeRequest {
  const url = incoming.url ?? '/';
  const mark = url.indexOf('?');
  const queryText = mark < 0 ? '' : url.slice(mark + 1);
  return {
    seq,
    receivedAt,
    listener,
    connectionId: connection.id,
    requestsBefore: connection.requests,
    remoteAddress: incoming.socket.remoteAddress ?? '',
    method: incoming.method ?? '',
    path: mark < 0 ? url : url.slice(0, mark),
    query: new URLSearchParams(queryText),
    queryText,
    headers: incoming.headers,
    body: new Uint8Array(),
    complete: false,
  };
}

/** Counts the request as one more at a time; what comes back ends that. */
function enter(
  inFlight: { all: number; readonly projects: Map<string, number> },
  head: FakeRequest,
  { service, ledger }: World,
): () => void {
  inFlight.all++;
  ledger.inFlight(inFlight.all);
  const project = service.projectOf(head);
  if (project !== undefined) {
    const together = (inFlight.projects.get(project) ?? 0) + 1;
    inFlight.projects.set(project, together);
    if (together > service.maxInFlight) ledger.violate(head.seq, 'overConcurrency', 1, `${together} at a time`);
  }
  return () => {
    inFlight.all--;
    if (project !== undefined) inFlight.projects.set(project, (inFlight.projects.get(project) ?? 1) - 1);
  };
}

interface Ending {
  readonly end: FaultEnd;
  readonly reason: string;
  readonly decision: Decision | undefined;
}

async function walk(
  world: World,
  head: FakeRequest,
  incoming: IncomingMessage,
  response: ServerResponse,
  refuse: (seconds: number) => void,
): Promise<void> {
  const started = performance.now();
  const conditions = usualConditions();
  const struck: string[] = [];
  const finish = (request: FakeRequest, ending: Ending): void => {
    record(world, request, ending, struck, response.destroyed, performance.now() - started);
    conclude(response, ending.end, world.clock.now() + conditions.skewMs, conditions, refuse);
  };
  try {
    const atHead = await strike(world, 'head', head, undefined, conditions, struck);
    if (atHead.end !== undefined) return finish(head, { end: atHead.end, reason: 'fault', decision: undefined });

    const read = await readBody(incoming, inflationGuardBytes, atHead.readBytesPerSecond);
    const request: FakeRequest = { ...head, body: read.body, complete: read.kind === 'complete' };
    if (read.kind === 'aborted')
      return finish(request, {
        end: { kind: 'reset' },
        reason: 'the client went away while sending',
        decision: undefined,
      });
    if (read.kind === 'tooLarge') {
      const answer = json(413, { error: 'body too large' }, { connection: 'close' });
      return finish(request, { end: { kind: 'answer', answer }, reason: 'guard', decision: undefined });
    }
    finish(request, await settle(world, request, conditions, struck));
  } catch (error) {
    // A bug in the fake must not pass for a partner's behaviour.
    response.destroy();
    throw error;
  }
}

/** What the request comes to: the partner's decision, unless a fault settles it on the way. */
async function settle(world: World, request: FakeRequest, conditions: Conditions, struck: string[]): Promise<Ending> {
  const { service, ledger } = world;
  const before = await strike(world, 'before-parse', request, undefined, conditions, struck);
  if (before.end !== undefined) {
    ledger.refuse(service.idsOf(request));
    return { end: before.end, reason: 'fault before-parse', decision: undefined };
  }
  const decision = service.decide(request, conditions);
  const natural: FaultEnd = { kind: 'answer', answer: decision.answer };
  if (decision.commit === undefined) {
    ledger.refuse(service.idsOf(request));
    decision.reject?.();
    return { end: natural, reason: decision.reason, decision };
  }
  const validated = await strike(world, 'after-validate', request, decision, conditions, struck);
  if (validated.end !== undefined) {
    ledger.refuse(service.idsOf(request));
    return { end: validated.end, reason: 'fault after-validate', decision };
  }
  for (let delivery = 0; delivery < conditions.deliveries; delivery++) decision.commit();
  const stored = await strike(world, 'after-store', request, decision, conditions, struck);
  return stored.end === undefined
    ? { end: natural, reason: decision.reason, decision }
    : { end: stored.end, reason: 'fault after-store', decision };
}

interface Struck {
  readonly end: FaultEnd | undefined;
  readonly readBytesPerSecond: number | undefined;
}

const untouched: Struck = { end: undefined, readBytesPerSecond: undefined };

async function strike(
  world: World,
  stage: FaultStage,
  request: FakeRequest,
  decision: Decision | undefined,
  conditions: Conditions,
  struck: string[],
): Promise<Struck> {
  const faults = world.faults.strike(stage, request);
  if (faults.length === 0) return untouched;
  let readBytesPerSecond: number | undefined;
  for (const { id, action } of faults) {
    struck.push(id);
    if (action.kind === 'delay') await sleep(action.ms, undefined, { ref: false });
    else if (action.kind === 'slowRead') readBytesPerSecond = action.bytesPerSecond;
    else change(conditions, action);
    const end = endOf(action, request, decision?.answer, world.service.dialect, () => world.clock.now());
    if (end !== undefined) return { end, readBytesPerSecond };
  }
  return { end: undefined, readBytesPerSecond };
}

function change(conditions: Conditions, action: FaultAction): void {
  switch (action.kind) {
    case 'trickle':
      conditions.answerBytesPerSecond = action.bytesPerSecond ?? 1;
      break;
    case 'partial400':
      conditions.partial400 = action;
      break;
    case 'maxBytesNow':
      conditions.maxBytes = action.bytes;
      break;
    case 'clockSkew':
      conditions.skewMs = action.ms;
      break;
    case 'duplicateDelivery':
      conditions.deliveries = 2;
      break;
  }
}

function record(
  world: World,
  request: FakeRequest,
  ending: Ending,
  faults: readonly string[],
  clientGone: boolean,
  durationMs: number,
): void {
  const { end, decision } = ending;
  const answer = end.kind === 'answer' || end.kind === 'truncated' ? end.answer : undefined;
  const encoding = request.headers['content-encoding'];
  world.ledger.request(
    {
      seq: request.seq,
      t: request.receivedAt,
      host: request.listener,
      method: request.method,
      path: request.path,
      query: request.queryText,
      headers: request.headers,
      project: decision?.project ?? world.service.projectOf(request),
      rawSize: request.body.byteLength,
      encoding,
      uncompressedSize: decision?.uncompressedBytes ?? (encoding === undefined ? request.body.byteLength : 0),
      eventCount: decision?.eventCount ?? 0,
      faults,
      status: answer === undefined || clientGone ? null : answer.status,
      responseBody: answer?.body ?? '',
      reason: clientGone ? `${ending.reason}; the client had gone` : ending.reason,
      connectionId: request.connectionId,
      durationMs,
    },
    request.body,
  );
}

function conclude(
  response: ServerResponse,
  end: FaultEnd,
  dateMs: number,
  conditions: Conditions,
  refuse: (seconds: number) => void,
): void {
  switch (end.kind) {
    case 'answer':
      return sendAnswer(response, end.answer, dateMs, conditions.answerBytesPerSecond);
    case 'truncated':
      return sendTruncated(response, end.answer, dateMs, end.sentBytes);
    case 'hang':
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'refuse':
      refuse(end.seconds);
  }
}
