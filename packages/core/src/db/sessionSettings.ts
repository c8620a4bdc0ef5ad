import type { Socket } from 'node:net';

/**
 * What the hub relies on in every session, whatever the server, the database or the role say otherwise. The schemas that
 * they name are searched last, for a database in which the hub's tables are in one of those.
 */
const settings: Readonly<Record<string, string>> = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  standard_conforming_strings: 'on',
  default_transaction_isolation: 'read committed',
};

const searchPath = `concat_ws(', ', '"$user", public', nullif(current_setting('search_path'), ''))`;

/** The statement that sets what the hub relies on, and `more`. A schema, where one is given, is the only one searched. */
export function sessionStatement(more: Readonly<Record<string, string | number>>, schema?: string): string {
  const set = (name: string, expression: string): string => `set_config('${name}', ${expression}, false)`;
  const values = Object.entries({ ...settings, ...more }).map(([name, value]) => set(name, `'${value}'`));
  return `select ${[...values, set('search_path', schema === undefined ? searchPath : `'${schema}'`)].join(', ')}`;
}

/** Types of messages of the server (PostgreSQL manual, 53.7). */
const [errorResponse, parameterStatus, readyForQuery] = ['E', 'S', 'Z'].map((letter) => letter.charCodeAt(0));
const headerBytes = 5;

interface PreparedSession {
  /** The bytes written before the server last said something, if more have been written since. */
  readonly unansweredSince: () => number | undefined;
}

interface SessionHooks {
  /** The connection can no longer do its work, though it is open: another one may. */
  readonly onStale: () => void;
}

/**
 * Adds two steps between a socket to the server and its driver. Before the driver learns that the session is ready,
 * `statement` runs: poolers refuse or forget what is set in the message that starts a session. Afterwards, every error
 * is looked at: one that all statements on this connection would meet calls `onStale`, before the driver sees it.
 */
export function prepareSession(socket: Socket, statement: string, { onStale }: SessionHooks): PreparedSession {
  const emit = socket.emit.bind(socket) as (event: string, ...values: unknown[]) => boolean;
  const pass = (bytes: Buffer): boolean => emit('data', bytes);
  let phase: 'starting' | 'setting' | 'ready' = 'starting';
  /** The beginning of a message whose end has not come. */
  let rest: Buffer = Buffer.alloc(0);
  /** How many bytes of the present message are still to come. */
  let skip = 0;
  let writtenWhenRead = 0;

  function start(message: Buffer): void {
    const [type] = message;
    if (phase === 'starting') {
      if (type !== readyForQuery) return void pass(message);
      phase = 'setting';
      socket.write(simpleQuery(statement));
    } else if (type === errorResponse) {
      pass(message);
      socket.destroy();
    } else if (type === parameterStatus) {
      pass(message);
    } else if (type === readyForQuery) {
      phase = 'ready';
      pass(message);
    }
  }

  function startWith(chunk: Buffer): void {
    let data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    rest = Buffer.alloc(0);
    while (phase !== 'ready' && data.length >= headerBytes && data.length > data.readUInt32BE(1)) {
      const end = data.readUInt32BE(1) + 1;
      start(data.subarray(0, end));
      data = data.subarray(end);
    }
    if (phase !== 'ready') rest = data;
    else if (data.length > 0) watch(data);
  }

  function watch(chunk: Buffer): boolean {
    const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = skip;
    rest = Buffer.alloc(0);
    skip = 0;
    while (at + headerBytes <= data.length) {
      const end = at + 1 + data.readUInt32BE(at + 1);
      if (data[at] === errorResponse) {
        if (end > data.length) break;
        if (isStale(data.toString('latin1', at + headerBytes, end))) onStale();
      }
      at = end;
    }
    if (at < data.length) rest = data.subarray(at);
    else skip = at - data.length;
    return pass(chunk);
  }

  /**
   * Told of an error, postgres.js would forget the queries that came between the error and the end of the connection. Told
   * at once, it would keep a small write, which it puts off to the next turn, and never write again
   * (https://github.com/porsager/postgres/pull/1168): a lost connection first takes what was put off.
   */
  function close(): boolean {
    setImmediate(() => emit('close', false));
    return true;
  }

  socket.emit = (event: string | symbol, ...values: unknown[]): boolean => {
    if (event === 'close') return close();
    if (event !== 'data') return emit(event as string, ...values);
    writtenWhenRead = socket.bytesWritten;
    if (phase === 'ready') return watch(values[0] as Buffer);
    startWith(values[0] as Buffer);
    return true;
  };
  return { unansweredSince: () => (socket.bytesWritten > writtenWhenRead ? writtenWhenRead : undefined) };
}

/**
 * Whether another connection may do what this one refused: it is read-only (25006), as on a primary that has become a
 * standby, or broken on its way to the server (class 08). After a fatal error the server closes it by itself.
 */
function isStale(fields: string): boolean {
  return /(^|\0)C(25006|08...)\0/.test(fields) && !/(^|\0)V(FATAL|PANIC)\0/.test(fields);
}

function simpleQuery(statement: string): Buffer {
  const text = Buffer.from(`${statement}\0`);
  const message = Buffer.alloc(headerBytes + text.length, 'Q');
  message.writeUInt32BE(text.length + 4, 1);
  text.copy(message, headerBytes);
  return message;
}
