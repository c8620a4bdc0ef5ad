import { createPostgresBackend, Queue, withBackend, Worker, type PostgresConnectionOptions } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { pgConfig } from './db/pgClient.js';
import { queueSchema } from './db/queueSchema.js';

/** The store of the queue: Redis, or BullMQ's own tables in the hub's database. */
export type QueueConnection = { readonly redisUrl: string } | { readonly databaseUrl: string };

/**
 * Its number is the version of the jobs in it. Another form of them gets a queue of another name: while two releases
 * run side by side, neither takes jobs that it cannot read, and the sweep finds what the other one was woken for.
 */
const queueName = 'wake-1';

/** Wakes a worker. The database is authoritative, so a lost or repeated job changes nothing. */
interface WakeJob {
  readonly currents?: readonly number[];
  readonly cohort?: number;
  readonly pull?: number;
}

interface QueueListener {
  /** Called when the queue fails; the sweep goes on with deliveries. */
  readonly onError: (error: unknown) => void;
}

/**
 * Wake-up calls for one Current are debounced by this time: after one the worker polls for longer, and a call through the
 * queue costs as much as several claims.
 */
export const wakeIntervalMs = 3_000;
/** Those for one cohort or pull: the worker does at once all that is due, and does not poll. */
const cohortIntervalMs = 250;

const keepNothing = { removeOnComplete: true, removeOnFail: true };

export function openWakeSender(place: QueueConnection, { onError }: QueueListener) {
  const { queue, close } = openQueue(place, onError);
  const call = (job: WakeJob, delay = 0): void =>
    void queue()
      .add('wake', job, { ...keepNothing, delay })
      .catch(onError);
  const wake = debounce(wakeIntervalMs, (currents) => call({ currents }));
  const wakeCohort = debounce(cohortIntervalMs, (cohorts) => cohorts.forEach((cohort) => call({ cohort })));
  const wakePullNow = debounce(cohortIntervalMs, (pulls) => pulls.forEach((pull) => call({ pull })));
  return {
    /** Wakes a worker for a Current. Never throws; the sweep replaces lost calls. */
    wake,
    /** Wakes a worker for a cohort with changes to apply. */
    wakeCohort,
    /** Wakes a worker for a pulled cohort after `afterMs`. */
    wakePull(pull: number, afterMs: number): void {
      if (afterMs > cohortIntervalMs) call({ pull }, Math.ceil(afterMs));
      else wakePullNow(pull);
    },
    /** Wake-up calls in the queue; undefined when it does not answer in time. */
    async depth(): Promise<QueueDepth | undefined> {
      const counts = queue().getJobCounts('waiting', 'active', 'delayed');
      const timeout = new Promise<undefined>((resolve) => void setTimeout(resolve, depthTimeoutMs, undefined).unref());
      const known = await Promise.race([counts.catch(() => undefined), timeout]);
      if (known === undefined) return undefined;
      const { waiting = 0, active = 0, delayed = 0 } = known;
      return { waitingCount: waiting, activeCount: active, delayedCount: delayed };
    },
    close,
  };
}

const depthTimeoutMs = 2_000;

/** How many wake-up calls wait for a worker, are being worked on, and are to be made later. */
export interface QueueDepth {
  readonly waitingCount: number;
  readonly activeCount: number;
  readonly delayedCount: number;
}

/**
 * Calls at once, then at most once per `intervalMs` for each id (debounce with leading and trailing edge). Ids that come at
 * about the same time share a call.
 */
function debounce(intervalMs: number, call: (ids: readonly number[]) => void): (id: number) => void {
  const quietUntilMs = new Map<number, number>();
  const waiting = new Set<number>();
  let immediate: NodeJS.Immediate | undefined;
  let timer: NodeJS.Timeout | undefined;
  let timerMs = Infinity;

  function schedule(dueMs: number, nowMs: number): void {
    if (dueMs <= nowMs) immediate ??= setImmediate(callDue);
    else if (dueMs < timerMs) {
      clearTimeout(timer);
      timerMs = dueMs;
      timer = setTimeout(callDue, dueMs - nowMs).unref();
    }
  }

  function callDue(): void {
    const nowMs = performance.now();
    clearTimeout(timer);
    immediate = undefined;
    timerMs = Infinity;
    for (const [id, untilMs] of quietUntilMs) if (untilMs <= nowMs) quietUntilMs.delete(id);
    const due = [...waiting].filter((id) => !quietUntilMs.has(id));
    for (const id of due) {
      waiting.delete(id);
      quietUntilMs.set(id, nowMs + intervalMs);
    }
    if (due.length > 0) call(due);
    if (waiting.size > 0) schedule(Math.min(...Array.from(waiting, (id) => quietUntilMs.get(id) ?? 0)), nowMs);
  }

  return (id) => {
    if (waiting.has(id)) return;
    waiting.add(id);
    schedule(quietUntilMs.get(id) ?? 0, performance.now());
  };
}

function openQueue(place: QueueConnection, onError: (error: unknown) => void) {
  if ('redisUrl' in place) {
    // Without Redis a call fails at once, so that calls do not accumulate in memory.
    const connection = new Redis(place.redisUrl, { enableOfflineQueue: false, maxRetriesPerRequest: 1 });
    connection.on('error', () => undefined);
    const queue = new Queue<WakeJob>(queueName, { connection });
    queue.on('error', onError);
    return { queue: () => queue, close: async () => void (await inTime(queue.close()), connection.disconnect()) };
  }
  const { Queue: PostgresQueue } = withBackend(createPostgresBackend);
  const pool = openQueuePool(place.databaseUrl, 2);
  const kept = keepConnected(() => new PostgresQueue<WakeJob>(queueName, { connection: asConnection(pool) }), {
    onOpen: (queue) => queue.on('error', onError),
    onReady: () => undefined,
    onError,
  });
  return { queue: kept.current, close: () => closeAll(kept, pool) };
}

const workerOptions = {
  concurrency: 8,
  lockDuration: 10_000,
  stalledInterval: 10_000,
  // BullMQ's default is 15 s.
  runRetryDelay: 1_000,
  removeOnComplete: { count: 0 },
  removeOnFail: { count: 0 },
};

interface WakeListener {
  readonly onWake: (currentId: number) => void;
  readonly onCohort: (cohortId: number) => void;
  readonly onPull: (cohortId: number) => void;
}

/** Passes each wake-up call that reaches this process to the listener. */
export function openWakeReceiver(
  place: QueueConnection,
  { onWake, onCohort, onPull }: WakeListener,
  { onError }: QueueListener,
) {
  const process = ({ data: { currents, cohort, pull } }: { readonly data: WakeJob }): Promise<void> => {
    for (const each of currents ?? []) onWake(each);
    if (cohort !== undefined) onCohort(cohort);
    if (pull !== undefined) onPull(pull);
    return Promise.resolve();
  };
  if ('redisUrl' in place) {
    const connection = new Redis(place.redisUrl, { maxRetriesPerRequest: null });
    connection.on('error', () => undefined);
    const worker = new Worker<WakeJob>(queueName, process, { connection, ...workerOptions });
    worker.on('error', onError);
    // Forced, because otherwise it waits while Redis is unreachable. The sweep replaces an aborted call.
    return { close: async () => void (await inTime(worker.close(true)), connection.disconnect()) };
  }
  const { Worker: PostgresWorker } = withBackend(createPostgresBackend);
  // One of the three connections waits for notifications.
  const pool = openQueuePool(place.databaseUrl, 3);
  const options = { connection: asConnection(pool), ...workerOptions, autorun: false };
  const kept = keepConnected(() => new PostgresWorker<WakeJob>(queueName, process, options), {
    onOpen: (worker) => worker.on('error', onError),
    onReady: (worker) => void worker.run().catch(onError),
    onError,
  });
  return { close: () => closeAll(kept, pool) };
}

interface Connectable {
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
}

interface ConnectionListener<Opened> extends QueueListener {
  /** Called for each one that is opened. */
  readonly onOpen: (opened: Opened) => void;
  /** Called once it is connected. */
  readonly onReady: (opened: Opened) => void;
}

const reopenMs = 1_000;

/**
 * Opens a queue or a worker of BullMQ in Postgres, and another one a second after its first connection has failed.
 * BullMQ remembers that failure for ever: a queue no longer adds jobs, and a worker that runs asks for jobs in a loop
 * that leaves the process no time for anything else.
 */
function keepConnected<Opened extends Connectable>(
  open: () => Opened,
  { onOpen, onReady, onError }: ConnectionListener<Opened>,
) {
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  let opened = start();

  function start(): Opened {
    const next = open();
    onOpen(next);
    next.waitUntilReady().then(
      () => {
        if (!isClosed) onReady(next);
      },
      (error: unknown) => {
        if (isClosed) return;
        onError(error);
        next.close().catch(() => undefined);
        timer = setTimeout(() => (opened = start()), reopenMs);
      },
    );
    return next;
  }

  return {
    current: () => opened,
    async close(): Promise<void> {
      isClosed = true;
      clearTimeout(timer);
      await opened.close();
    },
  };
}

/** BullMQ takes any pool of node-postgres, but its types do not. */
const asConnection = (pool: pg.Pool): PostgresConnectionOptions => pool as unknown as PostgresConnectionOptions;

/** BullMQ uses its default schema, which is `queueSchema`, in a pool that it is given, and does not end the pool. */
function openQueuePool(databaseUrl: string, max: number): pg.Pool {
  const pool = new pg.Pool({ ...pgConfig(databaseUrl, { name: 'queue', schema: queueSchema }), max });
  pool.on('error', () => undefined);
  return pool;
}

const closeMs = 3_000;

async function closeAll(kept: Pick<Connectable, 'close'>, pool: pg.Pool): Promise<void> {
  await inTime(kept.close().then(() => pool.end()));
  // What took too long does not keep the connections that are idle. A pool that has ended already refuses to end again.
  pool.end().catch(() => undefined);
}

/** Closing a queue whose store is unreachable never ends; nothing depends on it. */
async function inTime(closing: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, closeMs);
  });
  await Promise.race([closing.catch(() => undefined), late]);
  clearTimeout(timer);
}
