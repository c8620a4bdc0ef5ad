import { answerAll } from './answerAll.js';
import type { Connector, Item, SendContext, SendOutcome } from './connector.js';
import type { HttpAnswer, HttpRequest } from './http.js';
import { createRedactor, toTestResult } from './interpretAnswer.js';

interface WholeRequests<Settings, Credentials, Payload> {
  /** The request with these items; with none, the one that tests. */
  request(items: readonly Item<Payload>[], to: Omit<SendContext<Settings, Credentials>, 'http'>): HttpRequest;
  /** What an answer means for all items. `say` redacts the partner's words. */
  interpret(answer: HttpAnswer, settings: Settings, say: (words: string) => string): SendOutcome;
  /** What no detail may contain. */
  secretsOf(credentials: Credentials): readonly (string | undefined)[];
  /** Whether the answer to a request without items shows that others would be accepted; by default, whether it delivers. */
  isTestPassed?(answer: HttpAnswer): boolean;
}

/** `send` and `test` of a partner that accepts a request as a whole or not at all. */
export function wholeRequests<Settings, Credentials, Payload>({
  request,
  interpret,
  secretsOf,
  isTestPassed,
}: WholeRequests<Settings, Credentials, Payload>): Pick<Connector<Settings, Credentials, Payload>, 'send' | 'test'> {
  const redactorFor = (credentials: Credentials, items: readonly Item<Payload>[]): ((words: string) => string) => {
    const secrets = secretsOf(credentials).filter((secret) => secret !== undefined);
    return createRedactor(secrets, () => items.map(({ payload }) => payload));
  };
  return {
    async send(items, { settings, credentials, http }) {
      const answer = await http.request(request(items, { settings, credentials }));
      return answerAll(items, interpret(answer, settings, redactorFor(credentials, items)));
    },
    async test({ settings, credentials, http }) {
      const answer = await http.request(request([], { settings, credentials }));
      if (isTestPassed?.(answer)) return { outcome: 'passed' };
      return toTestResult(interpret(answer, settings, redactorFor(credentials, [])));
    },
  };
}
