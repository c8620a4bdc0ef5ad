import type { EventType } from '@currents/schema';
import { packBatch, type BatchPart } from '../batch/batch.js';
import type { Writer } from '../db/writer.js';
import { createCommitDelay } from './commitDelay.js';
import { createRepeatCounter } from './countRepeats.js';
import { fanOut } from './fanOut.js';
import { insertBatch } from './insertBatch.js';
import { createBufferPool } from './bufferPool.js';
import { receiptOf, sizeOf, type Receipt, type IngestRequest } from './ingestRequest.js';
import { countsOf, type CountEntry } from './receivedCounts.js';
import { packFingerprints } from '../eventIndex/packFingerprints.js';
import { readRoutes, type Routes } from './routes.js';
import { openQuarantineBudgets, type QuarantineBudgetOptions } from '../quarantine/quarantineBudget.js';
import { packQuarantine, type QuarantineRow } from '../quarantine/quarantineRows.js';
import type { Connectors } from '../loadCurrent.js';

export interface StoreOptions {
  readonly connectors: Connectors;
  /** Events of one batch, with those for the quarantine, unless a single request has more. A long request has its own. */
  readonly batchEvents: number;
  /** Bytes waiting to be stored beyond which a request is turned away. */
  readonly queuedBytes: number;
  /** Commits under way at once. */
  readonly commits: number;
  /** How long, in milliseconds, the first request of a batch waits at most for others. */
  readonly commitDelayMs: number;
  /** Tells this process's counters from those of others. */
  readonly shard: number;
  /** Called after each commit with the Currents that have something new. */
  readonly onStored: (currentIds: readonly number[]) => void;
  /** Whether requests come from senders, or are events released from the quarantine; the former without it. */
  readonly arrival?: 'new' | 'released';
  /** Without it, the quarantine keeps every body. */
  readonly quarantine?: QuarantineBudgetOptions;
  /** Where the live tail sees what is stored. */
  readonly tap?: {
    readonly isWanted: boolean;
    /** Called after the commit, while it is wanted. Never throws. */
    readonly stored: (requests: readonly IngestRequest[]) => void;
  };
}

export type Store = ReturnType<typeof createStore>;

const knownText = `
  select encode(hash, 'hex') as hash, accepted, coalesce(refused, '[]') as refused,
    coalesce(quarantined, json_array_length(refused::json), 0) as quarantined
  from request
  where stored_on >= current_date - 1 and hash in (select decode(h, 'hex') from unnest($1::text[]) h)`;

export class StoreBusy extends Error {
  constructor() {
    super('the queue of requests to store is full');
    this.name = 'StoreBusy';
  }
}

interface QueuedRequest {
  readonly request: IngestRequest;
  readonly key: string;
  readonly size: ReturnType<typeof sizeOf>;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: unknown) => void;
  /** Returns the bytes of the request to the buffer pool. */
  readonly release: () => void;
}

/** The content of the batch of a group: of a long request, or of short ones. */
async function contentOf(accepted: readonly QueuedRequest[]): Promise<Buffer> {
  const parts: BatchPart[] = [];
  for (const { request } of accepted) {
    if (request.content) return request.content;
    parts.push({ json: request.json, events: request.types.length });
  }
  return parts.length > 0 ? packBatch(parts) : Buffer.alloc(0);
}

/** Group commit (Gawlick and Kinkade, 1985): gathers concurrent requests into batches, each stored by one statement. */
export function createStore(writer: Writer, options: StoreOptions) {
  let queue: QueuedRequest[] = [];
  let queuedEvents = 0;
  let queuedBytes = 0;
  let committing = 0;
  let timer: NodeJS.Timeout | undefined;
  let isHurried = false;
  let routes: Routes | undefined;
  const inFlight = new Map<string, Promise<Receipt>>();
  const bufferPool = createBufferPool();
  const delay = createCommitDelay(options.commitDelayMs);
  const { arrival = 'new' } = options;
  const repeats = createRepeatCounter(writer);
  const budgets = openQuarantineBudgets(writer, options.quarantine?.maxBytes ?? Infinity);
  const freeShards = Array.from({ length: options.commits }, (_, slot) => options.shard + slot);

  /**
   * Resolves when the events are committed, together with their deliveries; law 1 rests on this.
   * Rejects with `StoreBusy` when too much is waiting already, and with the database's error when it could not commit:
   * then nothing, or everything, of the request is stored, and sending it again is safe.
   */
  function store(request: IngestRequest): Promise<Receipt> {
    const key = request.hash.toString('latin1');
    const repeated = inFlight.get(key);
    if (repeated) return counted(repeated, request);
    if (queuedBytes > options.queuedBytes) return Promise.reject(new StoreBusy());
    const size = sizeOf(request);
    const waiting = pooled(request);
    const receipt = new Promise<Receipt>((resolve, reject) => {
      queue.push({ ...waiting, key, size, resolve, reject });
    });
    inFlight.set(key, receipt);
    queuedEvents += size.events;
    queuedBytes += size.bytes;
    schedule();
    return receipt;
  }

  /** Answers a repetition of a request that waits for its commit; of its memory nothing is held meanwhile. */
  async function counted(first: Promise<Receipt>, repeated: IngestRequest): Promise<Receipt> {
    const counts = countsOf([repeated], 'repeated');
    return first.then(async (receipt) => {
      await countRepeats(counts);
      return receipt;
    });
  }

  /** A step of a release that is repeated is no request of a sender. */
  async function countRepeats(counts: CountEntry['received']): Promise<void> {
    if (arrival === 'new' && counts.length > 0) await repeats.add(counts);
  }

  function pooled(request: IngestRequest): Pick<QueuedRequest, 'request' | 'release'> {
    if (request.content) return { request, release: () => undefined };
    const { bytes, release } = bufferPool.copy(request.json);
    return { request: { ...request, json: bytes }, release };
  }

  function schedule(): void {
    if (queue.length === 0 || committing >= options.commits) return;
    if (queuedEvents >= options.batchEvents) return commitNext();
    if (timer) return void hurry();
    timer = setTimeout(() => {
      delay.onPassed();
      commitNext();
    }, delay.start(routes?.routes.length));
    hurry();
  }

  /** A batch that is large enough waits only a little longer. */
  function hurry(): void {
    const waitMs = isHurried ? undefined : delay.onRequest(queuedEvents);
    if (waitMs === undefined) return;
    isHurried = true;
    clearTimeout(timer);
    timer = setTimeout(commitNext, waitMs);
  }

  function commitNext(): void {
    clearTimeout(timer);
    timer = undefined;
    isHurried = false;
    if (queue.length === 0 || committing >= options.commits) return;
    const group = takeGroup();
    committing++;
    const shard = freeShards.pop() ?? options.shard;
    void commit(group, shard).finally(() => {
      committing--;
      freeShards.push(shard);
      for (const { key, release } of group) {
        inFlight.delete(key);
        release();
      }
      schedule();
    });
    schedule();
  }

  function takeGroup(): QueuedRequest[] {
    let events = 0;
    let taken = 0;
    for (const { request, size } of queue) {
      if (taken > 0 && (events + size.events > options.batchEvents || request.content)) break;
      events += size.events;
      taken++;
      if (request.content) break;
    }
    const group = queue.slice(0, taken);
    queue = queue.slice(taken);
    for (const { size } of group) {
      queuedEvents -= size.events;
      queuedBytes -= size.bytes;
    }
    return group;
  }

  /** Never rejects: each request is resolved or rejected by itself. */
  async function commit(group: readonly QueuedRequest[], shard: number): Promise<void> {
    try {
      let rest = group;
      for (let tries = 0; rest.length > 0; tries++) {
        if (tries === 20) throw new Error('the routes changed during each of 20 tries to store a batch');
        routes ??= await readRoutes(writer, options.connectors);
        if (await commitGroup(rest, routes, shard)) break;
        // Either the routes are stale, or some of these requests are stored already.
        routes = undefined;
        rest = await answerRepeated(rest);
      }
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  /** Returns false when nothing was stored, because the routes are stale or a request is a repeat. */
  async function commitGroup(
    group: readonly QueuedRequest[],
    { version, routes }: Routes,
    shard: number,
  ): Promise<boolean> {
    const accepted = group.filter(({ request }) => request.types.length > 0);
    // Not flatMap, which takes half a microsecond for each event.
    const types: EventType[] = [];
    for (const { request } of accepted) for (const type of request.types) types.push(type);
    const { deliveries, unselected } = fanOut(types, routes);
    const content = await contentOf(accepted);
    const { quarantine, onStored } = await packRefused(group);
    const requests = group.map(({ request }) => request);
    const stored = await insertBatch(writer, {
      requests,
      events: types.length,
      content,
      fingerprints: packFingerprints(accepted.map(({ request }) => request)),
      deliveries,
      quarantine,
      version,
      shard,
      counts: { received: countsOf(requests, arrival), unselected },
    });
    if (!stored) return false;
    onStored();
    if (deliveries.length > 0) options.onStored(deliveries.map(({ currentId }) => currentId));
    for (const { request, resolve } of group) {
      request.trace?.stored({ requests: group.length, events: types.length });
      resolve(receiptOf(request));
    }
    if (options.tap?.isWanted) options.tap.stored(requests);
    return true;
  }

  async function packRefused(group: readonly QueuedRequest[]) {
    const refused = group.filter(({ request }) => request.refused.length > 0);
    if (refused.length === 0) return { quarantine: [], onStored: () => undefined };
    await budgets.refresh();
    const budget = budgets.openGroup();
    const quarantine: QuarantineRow[] = [];
    for (const { request } of refused) quarantine.push(...(await packQuarantine(request, budget)));
    return {
      quarantine,
      onStored(): void {
        budget.commit();
        for (const { tokenId, codeIndexes, content } of quarantine)
          if (!content) options.quarantine?.onOverBudget(tokenId, codeIndexes.length);
      },
    };
  }

  async function answerRepeated(group: readonly QueuedRequest[]): Promise<readonly QueuedRequest[]> {
    const hashes = group.map(({ request }) => request.hash.toString('hex'));
    const known = await writer.run<{ hash: string; accepted: number; quarantined: number; refused: string }>({
      name: 'known',
      text: knownText,
      values: [hashes],
    });
    const receipts = new Map(known.map((row) => [row.hash, row]));
    const repeated = group.filter(({ request }) => receipts.has(request.hash.toString('hex')));
    await countRepeats(
      countsOf(
        repeated.map(({ request }) => request),
        'repeated',
      ),
    );
    return group.filter(({ request, resolve }) => {
      const row = receipts.get(request.hash.toString('hex'));
      if (row) {
        const { accepted, quarantined, refused } = row;
        resolve({ accepted, quarantined, refused: JSON.parse(refused) as Receipt['refused'] });
      }
      return row === undefined;
    });
  }

  return {
    store,
    /** Resolves when all requests are committed or rejected. */
    async drain(): Promise<void> {
      while (inFlight.size > 0) await Promise.allSettled(inFlight.values());
    },
  };
}
