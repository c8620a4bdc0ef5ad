import pg from 'pg';
import { parseDatabaseUrl } from './databaseUrl.js';
import { openSocket } from './openSocket.js';
import { prepareSession, sessionStatement } from './sessionSettings.js';

interface PgOptions {
  /** For `pg_stat_activity`. */
  readonly name: string;
  /** Session settings beside those that every session has. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** The only schema that is searched. */
  readonly schema?: string;
}

type PgConfig = pg.ClientConfig & { readonly Client: new (config?: pg.ClientConfig) => pg.Client };

/** How node-postgres connects: to the same server, by the same rules and with the same session settings as `connect`. */
export function pgConfig(url: string, { name, settings = {}, schema }: PgOptions): PgConfig {
  const address = parseDatabaseUrl(url);
  const statement = sessionStatement(settings, schema);

  class Client extends pg.Client {
    constructor(config?: pg.ClientConfig) {
      super(config);
      // Without a listener the process would end. Callers learn of a lost connection from their next statement.
      this.on('error', () => undefined);
    }

    override connect(): Promise<pg.Client>;
    override connect(callback: (error: Error) => void): void;
    override connect(callback?: (error: Error) => void): Promise<pg.Client> | void {
      const connected = openSocket(address).then((socket) => {
        prepareSession(socket, statement, { onStale: () => undefined });
        // The driver connects the socket that it has, and waits for it to say that it is connected.
        const connect = (): typeof socket => {
          process.nextTick(() => socket.emit('connect'));
          return socket;
        };
        Object.assign(this.connection, { stream: Object.assign(socket, { connect }) });
      });
      if (callback === undefined) return connected.then(() => super.connect());
      connected.then(() => super.connect(callback), callback);
    }
  }

  return {
    Client,
    host: address.host,
    port: address.port,
    user: address.user,
    database: address.database,
    ...(address.password !== undefined && { password: address.password }),
    ...(address.options !== undefined && { options: address.options }),
    // The socket is secured before the driver gets it.
    ssl: false,
    application_name: `currents-${name}`,
    keepAlive: true,
  };
}

/** node-postgres gives no code to what it says after the loss of a connection: first to each query under way, then to others. */
const lost = /^(Connection terminated( unexpectedly)?|Client has encountered a connection error and is not queryable)$/;

export function isLostClient(error: Error): boolean {
  return lost.test(error.message);
}
