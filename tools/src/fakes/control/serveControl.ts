import type { IncomingMessage, ServerResponse } from 'node:http';
import { listen, type Listener } from '../listen.js';
import { readBody } from '../readBody.js';
import type { FaultRule } from '../faults/rule.js';
import type { FakeControl } from './control.js';

/** The routes of a partner's additional control functions: `POST` with a JSON array of the arguments. */
export type ControlCalls<Extra> = { readonly [Name in keyof Extra]: string };

type AnyControl = FakeControl<unknown, unknown>;
type Input = Readonly<Record<string, unknown>>;

interface Call {
  readonly input: unknown;
  readonly query: URLSearchParams;
  /** The rest of the path after the route. */
  readonly rest: string;
}

const largestBodyBytes = 256 * 1024 * 1024;

/** The control API, at a separate port that clients of the partner do not use. */
export function serveControl<Extra>(
  service: string,
  port: number,
  control: object,
  calls: ControlCalls<Extra>,
): Promise<Listener> {
  const routes = new Map<string, (call: Call) => unknown>(commonRoutes(control as AnyControl));
  for (const [name, path] of Object.entries<string>(calls as Readonly<Record<string, string>>)) {
    const call = (control as Record<string, (...given: unknown[]) => unknown>)[name];
    routes.set(`POST ${path}`, ({ input }) => call?.(...(input as unknown[])));
  }
  return listen(port, (request, response) => void answer(service, routes, request, response));
}

function commonRoutes(control: AnyControl): [string, (call: Call) => unknown][] {
  return [
    ['POST /_ctl/reset', () => control.reset()],
    ['GET /_ctl/clock', () => control.now()],
    ['POST /_ctl/clock', ({ input }) => moveClock(control, asInput(input))],
    ['GET /_ctl/profile', () => control.profile()],
    ['POST /_ctl/profile', ({ input }) => control.setProfile(asInput(input))],
    ['POST /_ctl/projects', ({ input }) => control.createProject(asInput(input))],
    ['GET /_ctl/faults', () => control.faults()],
    ['POST /_ctl/faults', ({ input }) => control.addFault(asInput(input) as unknown as FaultRule)],
    ['DELETE /_ctl/faults', ({ rest }) => control.removeFault(decodeURIComponent(rest))],
    ['GET /_ctl/ledger', ({ query }) => control.ledger(Number(query.get('since') ?? 0))],
    ['GET /_ctl/bodies', ({ rest }) => control.body(Number(rest))],
    ['GET /_ctl/summary', () => control.summary()],
    ['POST /_ctl/missing', ({ input }) => control.missing(input as readonly string[])],
  ];
}

function moveClock(control: AnyControl, input: Input): void {
  const { set, advance, run } = input;
  if (typeof set === 'number') control.setClock(set);
  else if (typeof advance === 'number') control.advanceClock(advance);
  else if (typeof run === 'number') control.runClock(run);
  else throw new Error(`clock: expected "set", "advance" or "run" with a number, got ${JSON.stringify(input)}`);
}

function asInput(input: unknown): Input {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw new Error(`expected a JSON object, got ${JSON.stringify(input)}`);
  return input as Input;
}

async function answer(
  service: string,
  routes: ReadonlyMap<string, (call: Call) => unknown>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://control');
  const [path, rest] = splitPath(url.pathname);
  const route = routes.get(`${request.method} ${url.pathname}`) ?? routes.get(`${request.method} ${path}`);
  const { body } = await readBody(request, largestBodyBytes, undefined);
  if (route === undefined) return send(response, 404, { error: `no control call ${request.method} ${url.pathname}` });
  try {
    const input = body.byteLength === 0 ? {} : withoutService(JSON.parse(Buffer.from(body).toString('utf8')), service);
    const result = route({ input, query: url.searchParams, rest });
    if (result instanceof Uint8Array) {
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(result);
    } else {
      send(response, 200, { result: result ?? null });
    }
  } catch (error) {
    send(response, 400, { error: error instanceof Error ? error.message : String(error) });
  }
}

/** Splits `/_ctl/faults/fault-1` into the route `/_ctl/faults` and its argument. */
function splitPath(path: string): readonly [string, string] {
  const parts = path.split('/');
  return [parts.slice(0, 3).join('/'), parts.slice(3).join('/')];
}

/** An input may name its service; it must be this one. */
function withoutService(input: unknown, service: string): unknown {
  if (typeof input !== 'object' || input === null || Array.isArray(input) || !('service' in input)) return input;
  const { service: named, ...rest } = input;
  if (named !== service) throw new Error(`this is the fake of ${service}, not of ${JSON.stringify(named)}`);
  return rest;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
