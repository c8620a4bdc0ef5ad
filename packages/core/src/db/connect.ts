import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import postgres from 'postgres';
import { exponentialBackoffMs } from '../retry.js';
import { parseDatabaseUrl, type DatabaseAddress } from './databaseUrl.js';
import { guardTransactions } from './guardTransactions.js';
import { ConnectFailed, openSocket } from './openSocket.js';
import { prepareSession, sessionStatement } from './sessionSettings.js';

/** A pool of raw connections. Days are text (`2026-01-31`), 64-bit integers are text, instants are `Date`. */
export type Sql = postgres.Sql<{ date: string }>;

/** How long a statement may run, unless something else is said. */
export const statementMs = 30_000;
/** How long after the server should have given up a statement its answer is no longer waited for. */
const graceMs = 5_000;
/** How long an end waits for queries under way. */
const endSeconds = 5;

const reconnectBackoff = { firstMs: 200, maxMs: 2_000 };

export interface ConnectOptions {
  readonly max: number;
  readonly name: string;
  readonly statementMs?: number;
  /** How long a statement may run at most, where its transaction raises the limit. */
  readonly maxStatementMs?: number;
  /** Never renew a connection by itself. */
  readonly keep?: boolean;
  readonly onClose?: () => void;
  /** For few statements, known beforehand and run all the time, each of which touches a few rows of large tables. */
  readonly hotPath?: boolean;
  /** For what is simply done again when a crash of the database server has undone the last second of it. */
  readonly mayForget?: boolean;
}

/**
 * A plan that is made while a table is small reads the whole of it, and would go on to do so as it grows. These
 * statements find all they need by an index, so they are planned once, and to use it.
 */
export const plannedOnce = { plan_cache_mode: 'force_generic_plan', enable_seqscan: 'off', jit: 'off' };

/**
 * Opens a pool; connects on first use. Sessions run in UTC, and no statement runs longer than `statementMs`. After a
 * statement that another connection may run, because this one is read-only for example, all connections are replaced:
 * each ends once what is under way on it has ended.
 *
 * The hot path and drizzle each have a pool of their own, because drizzle changes how a client it is given
 * serialises dates and JSON.
 */
export function connect(url: string, options: ConnectOptions): Sql {
  const address = parseDatabaseUrl(url);
  const retired = new Set<Pool>();
  let isEnded = false;
  let current = open();

  function open(): Pool {
    const pool: Pool = openPool(address, options, () => {
      if (pool === current && !isEnded) replace();
    });
    return pool;
  }

  function replace(): void {
    const old = current;
    current = open();
    // drizzle sets these on the client it is given.
    Object.assign(current.sql.options.parsers, old.sql.options.parsers);
    Object.assign(current.sql.options.serializers, old.sql.options.serializers);
    retired.add(old);
    void old.retire().finally(() => retired.delete(old));
  }

  const end = async (ending?: { readonly timeout?: number }): Promise<void> => {
    isEnded = true;
    await Promise.all([current, ...retired].map((pool) => pool.end(ending)));
  };
  return new Proxy(current.sql, {
    apply: (_first, _this, words: unknown[]): unknown => Reflect.apply(current.sql as never, undefined, words),
    get: (_first, property): unknown => (property === 'end' ? end : Reflect.get(current.sql, property)),
  });
}

type Pool = ReturnType<typeof openPool>;

/** Ends each connection once it has nothing under way; the driver's types leave it out. */
interface Closable {
  close(): Promise<void>;
}

const retireCheckMs = 100;

/** Opens a pool without a replacement for connections that have become stale: `onStale` is called for each of them. */
export function openPool(address: DatabaseAddress, options: ConnectOptions, onStale: () => void) {
  const sockets = new Set<Socket>();
  /** Without a limit for statements, an answer may take any time. */
  const answerMs =
    options.statementMs === 0 ? undefined : (options.maxStatementMs ?? options.statementMs ?? statementMs) + graceMs;
  let opening = 0;
  let isClosed = false;
  const statement = sessionStatement({
    statement_timeout: options.statementMs ?? statementMs,
    ...(options.hotPath && plannedOnce),
    ...(options.mayForget && { synchronous_commit: 'off' }),
  });

  /** Never rejects: the driver would wait for ever. */
  async function open(): Promise<Duplex> {
    opening++;
    try {
      const socket = await openSocket(address);
      if (isClosed) {
        socket.destroy();
        throw new ConnectFailed('CONNECTION_ENDED', 'the pool has ended');
      }
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      const { unansweredSince } = prepareSession(socket, statement, { onStale });
      if (answerMs !== undefined) destroyWhenSilent(socket, unansweredSince, answerMs);
      whenMute(socket, onMute);
      return socket;
    } catch (error) {
      return new FailedSocket(error as Error);
    } finally {
      opening--;
    }
  }

  /** All that waits for the only connection of a pool fails now, so that it is repeated on another one. */
  function onMute(): void {
    if (options.max === 1) void pool.end({ timeout: 0 });
    onStale();
  }

  const pool: Sql = postgres({
    host: [address.host],
    port: [address.port],
    user: address.user,
    database: address.database,
    ...(address.password !== undefined && { password: address.password }),
    // The socket is secured before the driver gets it.
    ssl: false,
    socket: open,
    // Connections are renewed from time to time, unless something hangs on this very one.
    ...(options.keep && { max_lifetime: null }),
    ...(options.onClose && { onclose: options.onClose }),
    max: options.max,
    connect_timeout: address.connectTimeoutMs / 1_000,
    backoff: (tries: number) => exponentialBackoffMs(tries, reconnectBackoff) / 1000,
    onnotice: () => undefined,
    types: {
      date: { to: 1082, from: [1082], serialize: (day: string) => day, parse: (day: string) => day },
    },
    connection: {
      application_name: `currents-${options.name}`,
      ...(address.options !== undefined && { options: address.options }),
    },
  } as unknown as postgres.Options<{ date: postgres.PostgresType<string> }>) as Sql;
  const sql = guardTransactions(pool);

  const destroy = (): void => {
    isClosed = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    sql,
    /** A query on a connection that was lost at the wrong moment is never answered: an end does not wait for it for ever. */
    async end({ timeout = endSeconds }: { readonly timeout?: number } = {}): Promise<void> {
      let timer: NodeJS.Timeout | undefined;
      // A pool that is being retired is ending without a limit already, and the driver keeps to the first one.
      const late = new Promise((resolve) => (timer = setTimeout(resolve, timeout * 1_000)));
      await Promise.race([sql.end({ timeout }), late]);
      clearTimeout(timer);
      destroy();
    },
    /** Ends each connection once its query or transaction has ended, and resolves when none is left. Takes no new query. */
    async retire(): Promise<void> {
      const latestMs = performance.now() + (options.statementMs || statementMs) * 2;
      void sql.end({ timeout: null as never });
      do {
        await new Promise((resolve) => setTimeout(resolve, retireCheckMs));
        // A query that waited for a connection has opened another one.
        void (sql as Sql & Closable).close();
      } while ((sockets.size > 0 || opening > 0) && performance.now() < latestMs);
      destroy();
    },
  };
}

/**
 * Ends a connection on which an answer is missing for longer than the server would work on any statement: it was lost
 * without a word, as in a failover. The driver would wait until the operating system gives it up, a quarter of an hour.
 */
function destroyWhenSilent(socket: Socket, unansweredSince: () => number | undefined, answerMs: number): void {
  const checksPerAnswer = 5;
  let since: number | undefined;
  let checks = 0;
  const timer = setInterval(() => {
    const now = unansweredSince();
    checks = now !== undefined && now === since ? checks + 1 : 0;
    since = now;
    if (checks >= checksPerAnswer)
      socket.destroy(new ConnectFailed('ETIMEDOUT', `no answer within ${answerMs / 1_000} s`));
  }, answerMs / checksPerAnswer).unref();
  socket.once('close', () => clearInterval(timer));
}

/** The driver begins a session at once. */
const muteMs = 500;

/**
 * A driver's connection that was lost while a small write was put off to the next turn writes nothing for its next ten or
 * so sockets: each query on it fails after the limit for connecting, for most of a minute
 * (https://github.com/porsager/postgres/pull/1168). It says nothing on its new socket, and another one takes its place.
 */
function whenMute(socket: Socket, onMute: () => void): void {
  const { bytesWritten } = socket;
  const timer = setTimeout(() => {
    if (socket.bytesWritten === bytesWritten && !socket.destroyed) onMute();
  }, muteMs).unref();
  socket.once('close', () => clearTimeout(timer));
}

/** Stands for a connection that could not be opened: the first word to it fails as the opening did. */
class FailedSocket extends Duplex {
  constructor(private readonly failure: Error) {
    super();
  }

  override _read(): void {
    // There is nothing to read.
  }

  override _write(_chunk: unknown, _encoding: string, done: (error: Error) => void): void {
    done(this.failure);
  }

  /** As a socket does, so that the driver waits before it tries again. */
  override emit(event: string | symbol, ...values: unknown[]): boolean {
    return super.emit(event as never, ...((event === 'close' ? [true] : values) as never[]));
  }
}
