import type { CohortPull, HttpAnswer, HttpRequest, PullStep, StreamingHttp } from '@currents/connector';
import { request as send } from 'undici';

/** HTTP over the network, with one connection per request. */
export function openStreamingHttp(): StreamingHttp & { readonly asked: readonly HttpRequest[] } {
  const asked: HttpRequest[] = [];
  async function exchange(
    request: HttpRequest,
    take?: (piece: Uint8Array) => Promise<void> | void,
  ): Promise<HttpAnswer> {
    asked.push(request);
    try {
      const response = await send(request.url, {
        method: request.method,
        headers: { ...request.headers, connection: 'close' },
        body: (request.body as string | undefined) ?? null,
      });
      const headers = Object.fromEntries(
        Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
      );
      const isWanted = take !== undefined && response.statusCode >= 200 && response.statusCode < 300;
      if (!isWanted) return { status: response.statusCode, headers, body: await response.body.text() };
      for await (const piece of response.body as AsyncIterable<Uint8Array>) await take(piece);
      return { status: response.statusCode, headers, body: '' };
    } catch {
      return { status: 0, failure: 'broken', detail: 'it broke' };
    }
  }
  return { asked, request: (request) => exchange(request), stream: exchange };
}

export interface Pulled {
  readonly ids: readonly string[];
  readonly refused: Readonly<Record<string, number>>;
  readonly steps: readonly PullStep[];
}

/** Runs all steps of a pull, as the engine does; ends at a failure or a deferral. `onWait` can advance a clock. */
export async function pullAll<Settings, Credentials>(
  pull: CohortPull<Settings, Credentials>,
  cohortId: string,
  to: { readonly settings: Settings; readonly credentials: Credentials; readonly http: StreamingHttp },
  onWait: (afterMs: number) => void = () => undefined,
): Promise<Pulled> {
  const ids: string[] = [];
  const refused: Record<string, number> = {};
  const steps: PullStep[] = [];
  let place: string | undefined;
  for (;;) {
    const step = await pull.pull(cohortId, place, to, async (page) => {
      for (const member of page.members) ids.push('externalId' in member ? member.externalId : '');
      for (const [reason, count] of Object.entries(page.refused)) refused[reason] = (refused[reason] ?? 0) + count;
    });
    steps.push(step);
    if (step.outcome !== 'continue') return { ids, refused, steps };
    onWait(step.afterMs);
    place = step.cursor;
  }
}
