import type { Connector, Http, SendContext, SendResult, TestResult } from '@currents/connector';

export type Compression = ReturnType<typeof createCompression>;

/**
 * Whether the requests of one Current are compressed, as its settings say. A proxy on the way may refuse that: then the
 * request is repeated once without, and if that helps, all further ones go without until the settings change.
 */
export function createCompression(http: Http) {
  const plain = withoutCompression(http);
  let isRefused = false;
  let refusal: string | undefined;

  return {
    /** Makes a request, and repeats it when its compression was refused. */
    async send(call: (http: Http) => Promise<readonly SendResult[]>): Promise<readonly SendResult[]> {
      if (isRefused) return call(plain);
      const results = await call(http);
      const refused = refusalIn(results);
      if (refused === undefined) return results;
      const repeated = await call(plain);
      if (repeated.some(({ outcome }) => outcome === 'blocked')) return repeated;
      isRefused = true;
      refusal = refused;
      return repeated;
    },
    /** The words of the refusal, once. */
    takeRefusal(): string | undefined {
      const taken = refusal;
      refusal = undefined;
      return taken;
    },
    reset: () => void (isRefused = false),
  };
}

/** The test request of a connector, repeated without compression if that was refused. */
export async function testConnection(
  connector: Pick<Connector, 'test'>,
  context: SendContext<unknown, unknown>,
): Promise<TestResult> {
  const result = await connector.test(context);
  if (result.outcome !== 'refused' || !result.isCompressionRefused) return result;
  return connector.test({ ...context, http: withoutCompression(context.http) });
}

function withoutCompression(http: Http): Http {
  return { request: (request) => http.request({ ...request, gzip: false }) };
}

function refusalIn(results: readonly SendResult[]): string | undefined {
  // A refusal concerns the request as a whole, so it is that of every item.
  const [first] = results;
  return first?.outcome === 'blocked' && first.isCompressionRefused ? first.detail : undefined;
}
