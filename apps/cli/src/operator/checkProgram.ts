import { once } from 'node:events';
import { createServer, isIPv6 } from 'node:net';
import type { Finding } from '@currents/core';

interface Address {
  readonly host: string;
  readonly port: number;
}

const answerMs = 5_000;

/** Whether a program answers at its address; where none runs, whether one could listen there. */
export async function checkProgram(name: 'api' | 'worker', address: Address | undefined): Promise<Finding> {
  return { subject: name, ...(await look(name, address)) };
}

async function look(name: string, address: Address | undefined): Promise<Omit<Finding, 'subject'>> {
  const variable = `${name.toUpperCase()}_PORT`;
  if (address === undefined) return { status: 'not checked', detail: 'the configuration is not usable' };
  if (address.port === 0) return { status: 'not checked', detail: `${variable} is 0: it takes any free port` };
  const url = urlOf(address);
  const answer = await ask(url);
  if (answer?.status === 'ready') return { status: 'ok', detail: `it answers at ${url}` };
  if (answer) {
    const detail =
      typeof answer.detail === 'string'
        ? `it answers at ${url} that ${answer.detail}`
        : `something else answers at ${url}`;
    return { status: 'not ok', detail: `${detail}; see its log, or set ${variable} to a free port` };
  }
  const fault = await tryPort(address);
  if (fault === undefined)
    return { status: 'not checked', detail: `none runs on this machine at ${url}; the port is free` };
  return {
    status: 'not ok',
    detail: `cannot listen at ${url} (${fault}); set ${variable} to a free port of this machine`,
  };
}

/** An address that means all of a machine's is asked by its own. */
function urlOf({ host, port }: Address): string {
  const own = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `http://${isIPv6(own) ? `[${own}]` : own}:${port}`;
}

/** Undefined when no connection is made. */
async function ask(url: string): Promise<{ readonly status?: unknown; readonly detail?: unknown } | undefined> {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(answerMs), redirect: 'manual' });
    const body: unknown = await response.json().catch(() => undefined);
    return typeof body === 'object' && body !== null ? body : {};
  } catch (error) {
    return (error as Error).name === 'TimeoutError' ? {} : undefined;
  }
}

/** Why nothing can listen there; undefined if it can. */
async function tryPort({ host, port }: Address): Promise<string | undefined> {
  const server = createServer().listen(port, host);
  try {
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'it failed';
  } finally {
    server.close();
  }
}
