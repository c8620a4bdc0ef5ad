import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RunningServer } from '../services/postgres.js';
import { openTestDatabases, type TestDatabases } from './testDatabases.js';

/**
 * Serves databases to test files over HTTP. The database server starts with the first request, so that a run without
 * databases does not wait for it.
 */
export async function openDatabaseService(
  startServer: () => Promise<RunningServer>,
  migrate: (databaseUrl: string) => Promise<void>,
) {
  let opened: Promise<{ readonly server: RunningServer; readonly databases: TestDatabases }> | undefined;
  const open = async () => {
    const server = await startServer();
    try {
      return { server, databases: await openTestDatabases(server.url, migrate) };
    } catch (error) {
      await server.stop();
      throw error;
    }
  };
  const path = `/${randomBytes(16).toString('hex')}`;

  const answer = async (request: IncomingMessage): Promise<string> => {
    if (request.url !== path) throw new Error(`expected ${path}, got ${request.url}`);
    const { databases } = await (opened ??= open());
    if (request.method === 'POST') return databases.create();
    await databases.drop(await readText(request));
    return '';
  };
  const service = createServer((request, response) => {
    answer(request).then(
      (text) => response.end(text),
      (error: unknown) =>
        response.writeHead(500).end(error instanceof Error ? (error.stack ?? error.message) : String(error)),
    );
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));

  return {
    /** `POST` creates a database and returns its URL; `DELETE` with a URL as the body drops it. */
    url: `http://127.0.0.1:${(service.address() as AddressInfo).port}${path}`,
    async close(): Promise<void> {
      service.closeAllConnections();
      await new Promise((resolve) => service.close(resolve));
      const ended = await opened?.catch(() => undefined);
      await ended?.databases.close();
      await ended?.server.stop();
    },
  };
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk as string;
  return text;
}
