import { request } from 'undici';
import type { FaultRule } from '../faults/rule.js';
import type { LedgerSnapshot, Summary } from '../ledger.js';
import type { FakeControl, Remote } from './control.js';
import type { ControlCalls } from './serveControl.js';

/** The control of a fake in another process. Its functions reject with the errors of the fake. */
export function connectControl<Project, Profile, Extra extends object>(
  controlUrl: string,
  calls: ControlCalls<Extra>,
): Remote<FakeControl<Project, Profile> & Extra> {
  const ask = async <T>(method: 'GET' | 'POST' | 'DELETE', path: string, input?: unknown): Promise<T> =>
    resultOf<T>(await exchange(controlUrl, method, path, input));
  const common: Remote<FakeControl<Project, Profile>> = {
    reset: () => ask('POST', '/_ctl/reset'),
    now: () => ask('GET', '/_ctl/clock'),
    setClock: (ms) => ask('POST', '/_ctl/clock', { set: ms }),
    advanceClock: (ms) => ask('POST', '/_ctl/clock', { advance: ms }),
    runClock: (speed) => ask('POST', '/_ctl/clock', { run: speed }),
    profile: () => ask('GET', '/_ctl/profile'),
    setProfile: (change) => ask('POST', '/_ctl/profile', change),
    createProject: (project) => ask('POST', '/_ctl/projects', project),
    addFault: (rule) => ask<string>('POST', '/_ctl/faults', rule),
    removeFault: (id) => ask<boolean>('DELETE', `/_ctl/faults/${encodeURIComponent(id)}`),
    faults: () => ask<readonly FaultRule[]>('GET', '/_ctl/faults'),
    ledger: (since = 0) => ask<LedgerSnapshot>('GET', `/_ctl/ledger?since=${since}`),
    async body(seq) {
      const { contentType, body, status } = await exchange(controlUrl, 'GET', `/_ctl/bodies/${seq}`);
      return status === 200 && contentType === 'application/octet-stream' ? new Uint8Array(body) : undefined;
    },
    summary: () => ask<Summary>('GET', '/_ctl/summary'),
    missing: (ids) => ask<readonly string[]>('POST', '/_ctl/missing', ids),
  };
  const own = Object.fromEntries(
    Object.entries<string>(calls as Readonly<Record<string, string>>).map(([name, path]) => [
      name,
      (...given: unknown[]) => ask('POST', path, given),
    ]),
  );
  return { ...common, ...own } as Remote<FakeControl<Project, Profile> & Extra>;
}

async function exchange(controlUrl: string, method: 'GET' | 'POST' | 'DELETE', path: string, input?: unknown) {
  const { statusCode, headers, body } = await request(new URL(path, controlUrl), {
    method,
    headers: { 'content-type': 'application/json' },
    body: input === undefined ? null : JSON.stringify(input),
    // One connection per call, because an open connection would keep the caller's process alive.
    reset: true,
  });
  const contentType = headers['content-type'];
  return { status: statusCode, contentType: contentType?.toString(), body: Buffer.from(await body.arrayBuffer()) };
}

function resultOf<T>({ status, body }: Awaited<ReturnType<typeof exchange>>): T {
  const answer = JSON.parse(body.toString('utf8')) as { readonly result?: T; readonly error?: string };
  if (status !== 200) throw new Error(`fake control: ${answer.error ?? status}`);
  return answer.result as T;
}
