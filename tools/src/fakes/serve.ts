import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { VirtualClock } from './clock.js';
import {
  json,
  type Answer,
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

/** The state that a reset replaces. */
export interface World {
  readonly service: PartnerService;
  readonly ledger: Ledger;
  readonly faults: FaultEngine;
  readonly clock: VirtualClock;
}

/** Handles every request of a fake: faults, decision, storage, response, ledger. */
export function createRequestLine(world: () => World, refuse: (seconds: number) => void) {
  const connections = new WeakMap<Socket, { readonly id: number; requests: number }>();
  const inFlight = { all: 0, projects: new Map<string, number>() };
  let connectionCount = 0;
  let requestCount = 0;

  return {
    connect(socket: Socket): void {
      connections.set(socket, { id: ++connectionCount, requests: 0 });
      const { faults, ledger } = world();
      for (const { id } of faults.strike('connect', undefined)) {
        ledger.faultWithoutRequest(id);
        socket.resetAndDestroy();
      }
    },
    serve(listener: string, incoming: IncomingMessage, response: ServerResponse): void {
      const connection = connections.get(incoming.socket) ?? { id: 0, requests: 0 };
      const now = world();
      const url = incoming.url ?? '/';
      const mark = url.indexOf('?');
      const queryText = mark < 0 ? '' : url.slice(mark + 1);
      const head: FakeRequest = {
        seq: ++requestCount,
        receivedAt: now.clock.now(),
        listener,
        connectionId: connection.id,
        requestsBefore: connection.requests++,
        remoteAddress: incoming.socket.remoteAddress ?? '',
        method: incoming.method ?? '',
        path: mark < 0 ? url : url.slice(0, mark),
        query: new URLSearchParams(queryText),
        queryText,
        headers: incoming.headers,
        body: new Uint8Array(),
        complete: false,
      };
      const leave = enter(inFlight, head, now);
      response.on('close', () => {
        leave();
        now.service.left?.(head.seq);
      });
      void walk(now, head, incoming, response, refuse);
    },
  };
}

/** Counts a concurrent request; the returned function ends the count. */
function enter(
  inFlight: { all: number; readonly projects: Map<string, number> },
  head: FakeRequest,
  { service, ledger }: World,
): () => void {
  ledger.inFlight(++inFlight.all);
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
  readonly decision?: Decision;
}

async function walk(
  { service, ledger, faults, clock }: World,
  head: FakeRequest,
  incoming: IncomingMessage,
  response: ServerResponse,
  refuse: (seconds: number) => void,
): Promise<void> {
  const started = performance.now();
  const conditions: Conditions = { skewMs: 0, deliveries: 1 };
  const struck: string[] = [];

  try {
    const atHead = await strike('head', head);
    if (atHead !== undefined) return finish(head, { end: atHead, reason: 'fault' });
    const { kind, body } = await readBody(incoming, inflationGuardBytes, conditions.readBytesPerSecond);
    const request: FakeRequest = { ...head, body, complete: kind === 'complete' };
    if (kind === 'aborted')
      return finish(request, { end: { kind: 'reset' }, reason: 'the client went away while sending' });
    if (kind === 'tooLarge') {
      const answer = json(413, { error: 'body too large' }, { connection: 'close' });
      return finish(request, { end: { kind: 'answer', answer }, reason: 'guard' });
    }
    finish(request, await settle(request));
  } catch (error) {
    // A bug in the fake must not look like a partner's behaviour.
    response.destroy();
    throw error;
  }

  /** Applies the faults of a stage; returns the end of the request if one of them determines it. */
  async function strike(stage: FaultStage, request: FakeRequest, natural?: Answer): Promise<FaultEnd | undefined> {
    for (const { id, action } of faults.strike(stage, request)) {
      struck.push(id);
      if (action.kind === 'delay') await sleep(action.ms, undefined, { ref: false });
      else change(conditions, action);
      const end = endOf(action, request, natural, service.dialect, clock.now);
      if (end !== undefined) return end;
    }
    return undefined;
  }

  /** The end of the request: the partner's decision, unless a fault determines it. */
  async function settle(request: FakeRequest): Promise<Ending> {
    const before = await strike('before-parse', request);
    if (before !== undefined) {
      ledger.refuse(service.idsOf(request));
      return { end: before, reason: 'fault before-parse' };
    }
    const decision = service.decide(request, conditions);
    const { answer, reason, commit, reject } = decision;
    if (commit === undefined) {
      ledger.refuse(service.idsOf(request));
      reject?.();
      return { end: { kind: 'answer', answer }, reason, decision };
    }
    const validated = await strike('after-validate', request, answer);
    if (validated !== undefined) {
      ledger.refuse(service.idsOf(request));
      return { end: validated, reason: 'fault after-validate', decision };
    }
    for (let delivery = 0; delivery < conditions.deliveries; delivery++) commit();
    const stored = await strike('after-store', request, answer);
    if (stored !== undefined) return { end: stored, reason: 'fault after-store', decision };
    return { end: { kind: 'answer', answer }, reason, decision };
  }

  function finish(request: FakeRequest, { end, reason, decision }: Ending): void {
    const answer = end.kind === 'answer' || end.kind === 'truncated' ? end.answer : undefined;
    const encoding = request.headers['content-encoding'];
    const clientGone = response.destroyed;
    ledger.request(
      {
        seq: request.seq,
        t: request.receivedAt,
        host: request.listener,
        method: request.method,
        path: request.path,
        query: request.queryText,
        headers: request.headers,
        project: decision?.project ?? service.projectOf(request),
        rawSize: request.body.byteLength,
        encoding,
        uncompressedSize: decision?.uncompressedBytes ?? (encoding === undefined ? request.body.byteLength : 0),
        eventCount: decision?.eventCount ?? 0,
        faults: struck,
        status: answer === undefined || clientGone ? null : answer.status,
        responseBody: answer?.body ?? '',
        reason: clientGone ? `${reason}; the client had gone` : reason,
        connectionId: request.connectionId,
        durationMs: performance.now() - started,
      },
      request.body,
    );
    const dateMs = clock.now() + conditions.skewMs;
    if (end.kind === 'answer') sendAnswer(response, end.answer, dateMs, conditions.answerBytesPerSecond);
    else if (end.kind === 'truncated') sendTruncated(response, end.answer, dateMs, end.sentBytes);
    else if (end.kind === 'reset') response.socket?.resetAndDestroy();
    else if (end.kind === 'refuse') refuse(end.seconds);
  }
}

function change(conditions: Conditions, action: FaultAction): void {
  if (action.kind === 'trickle') conditions.answerBytesPerSecond = action.bytesPerSecond ?? 1;
  else if (action.kind === 'slowRead') conditions.readBytesPerSecond = action.bytesPerSecond;
  else if (action.kind === 'partial400') conditions.partial400 = action;
  else if (action.kind === 'maxBytesNow') conditions.maxBytes = action.bytes;
  else if (action.kind === 'clockSkew') conditions.skewMs = action.ms;
  else if (action.kind === 'duplicateDelivery') conditions.deliveries = 2;
}
