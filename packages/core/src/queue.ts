import { createPostgresBackend, Queue, withBackend, Worker } from 'bullmq';
import { Redis } from 'ioredis';

/** Where the wake-up calls go: Redis when there is one, otherwise BullMQ's own tables in the hub's database. */
export type QueueConnection = { readonly redisUrl: string } | { readonly databaseUrl: string };

/** The Postgres schema that holds BullMQ's own tables. */
export const queueSchema = 'bullmq';

const queueName = 'wake';

/** Says only «look»: the truth is in the database, so a lost or doubled job changes nothing. */
interface WakeJob {
  readonly current?: number;
  readonly cohort?: number;
  readonly pull?: number;
}

export interface WakeSender {
  /** Asks some worker to look at a Current. Never throws; a call that is lost is made good by the sweep. */
  wake(currentId: number): void;
  /** The same for a cohort that has changes to apply. */
  wakeCohort(cohortId: number): void;
  /** The same for a cohort that is pulled, when so much time has passed. */
  wakePull(cohortId: number, afterMs: number): void;
  close(): Promise<void>;
}

export interface WakeReceiver {
  close(): Promise<void>;
}

export interface QueueListener {
  /** The queue is in trouble; deliveries go on, at the pace of the sweep. */
  readonly onError: (error: unknown) => void;
}

/**
 * Within this time one wake-up call per Current or cohort is enough: whoever looks finds everything that is due, and
 * whoever delivers goes on looking by itself for longer than this.
 */
export const wakeIntervalMs = 250;

const keepNothing = { removeOnComplete: true, removeOnFail: true };

export function openWakeSender(place: QueueConnection, { onError }: QueueListener): WakeSender {
  const { queue, close } = openQueue(place);
  queue.on('error', onError);
  const call = (job: WakeJob, delay = 0): void => void queue.add('look', job, { ...keepNothing, delay }).catch(onError);
  const wake = debounce((current) => call({ current }));
  const wakeCohort = debounce((cohort) => call({ cohort }));
  const wakePullNow = debounce((pull) => call({ pull }));
  return {
    wake,
    wakeCohort,
    wakePull(pull, afterMs) {
      if (afterMs > wakeIntervalMs) call({ pull }, Math.ceil(afterMs));
      else wakePullNow(pull);
    },
    close,
  };
}

/** Calls at once, and then not for a while; once more at its end when it was asked to in between. */
function debounce(call: (id: number) => void): (id: number) => void {
  const quiet = new Map<number, { again: boolean }>();
  return function wake(id: number): void {
    const pause = quiet.get(id);
    if (pause) {
      pause.again = true;
      return;
    }
    const begun = { again: false };
    quiet.set(id, begun);
    setTimeout(() => {
      quiet.delete(id);
      if (begun.again) wake(id);
    }, wakeIntervalMs).unref();
    call(id);
  };
}

function openQueue(place: QueueConnection) {
  if ('redisUrl' in place) {
    // A producer fails at once while Redis is away, so that calls do not pile up in memory.
    const connection = new Redis(place.redisUrl, { enableOfflineQueue: false, maxRetriesPerRequest: 1 });
    connection.on('error', () => undefined);
    const queue = new Queue<WakeJob>(queueName, { connection });
    return { queue, close: async () => void (await inTime(queue.close()), connection.disconnect()) };
  }
  const { Queue: PostgresQueue } = withBackend(createPostgresBackend);
  const queue = new PostgresQueue<WakeJob>(queueName, {
    connection: { connectionString: place.databaseUrl, schema: queueSchema, max: 2 },
  });
  return { queue, close: () => inTime(queue.close()) };
}

const workerOptions = {
  concurrency: 8,
  lockDuration: 10_000,
  stalledInterval: 10_000,
  // BullMQ waits 15 s by default before it fetches again after the store was away.
  runRetryDelay: 1_000,
  removeOnComplete: { count: 0 },
  removeOnFail: { count: 0 },
};

export interface WakeListener {
  readonly onWake: (currentId: number) => void;
  readonly onCohort: (cohortId: number) => void;
  readonly onPull: (cohortId: number) => void;
}

/** Tells the listener of every wake-up call that reaches this process. */
export function openWakeReceiver(
  place: QueueConnection,
  { onWake, onCohort, onPull }: WakeListener,
  { onError }: QueueListener,
): WakeReceiver {
  const process = ({ data: { current, cohort, pull } }: { readonly data: WakeJob }): Promise<void> => {
    if (current !== undefined) onWake(current);
    if (cohort !== undefined) onCohort(cohort);
    if (pull !== undefined) onPull(pull);
    return Promise.resolve();
  };
  if ('redisUrl' in place) {
    const connection = new Redis(place.redisUrl, { maxRetriesPerRequest: null });
    connection.on('error', () => undefined);
    const worker = new Worker<WakeJob>(queueName, process, { connection, ...workerOptions });
    worker.on('error', onError);
    // By force, or it would wait for a Redis that is away. A call that is cut off is made good by the sweep.
    return { close: async () => void (await inTime(worker.close(true)), connection.disconnect()) };
  }
  const { Worker: PostgresWorker } = withBackend(createPostgresBackend);
  const worker = new PostgresWorker<WakeJob>(queueName, process, {
    connection: { connectionString: place.databaseUrl, schema: queueSchema, max: 2 },
    ...workerOptions,
  });
  worker.on('error', onError);
  return { close: () => inTime(worker.close()) };
}

const closeMs = 3_000;

/** A queue whose store is away never says goodbye; nothing hangs on it, so nobody waits. */
async function inTime(closing: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, closeMs);
  });
  await Promise.race([closing.catch(() => undefined), late]);
  clearTimeout(timer);
}
