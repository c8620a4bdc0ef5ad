import { startHub, type RunningHub } from '../../src/hub/startHub.js';
import { openStage, type Hands, type Stage, type StageOptions } from './stage.js';

/** A whole hub as real processes, and a strict fake Mixpanel. */
export interface TestHub extends Omit<Stage, 'enter' | 'close'>, Hands {
  readonly hub: RunningHub;
  /** What api and workers said that was more than usual. */
  readonly complaints: readonly string[];
  post(events: readonly unknown[]): Promise<{ readonly status: number; readonly body: unknown }>;
  stop(): Promise<void>;
}

export async function startTestHub(options: StageOptions): Promise<TestHub> {
  const { enter, close, ...stage } = await openStage(options);
  const { environment } = stage;
  const complaints: string[] = [];
  const hub = await startHub({
    databaseUrl: environment.DATABASE_URL,
    masterKey: environment.MASTER_KEY,
    environment,
    onLine: (_program, line) => void (isUsual(line) || complaints.push(line)),
  });
  const hands = await enter(hub.api.url, hub.adminToken ?? '');
  return {
    ...stage,
    ...hands,
    hub,
    complaints,
    async post(events) {
      const response = await fetch(`${hub.api.url}/v1/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${hands.token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ events }),
      });
      return { status: response.status, body: await response.json() };
    },
    async stop() {
      await hub.stop();
      await close();
    },
  };
}

/** A line of the log at level info. */
function isUsual(line: string): boolean {
  return line.startsWith('{"level":30,');
}
