import { answerAll, interpretAnswer, toSendOutcome } from '@currents/connector';
import type { Connector } from '@currents/connector';
import { jsonAnswer, type RouteOptions } from '@currents/connector/conformance';
import { logbook } from './toy/logbook.js';

type Toy = Connector<any, any, any>;

/** Logbook, if it took clicks in another way: at an endpoint of its own, with the token in each of them. */
export const routedToy: Toy = {
  ...logbook,
  map(event, settings) {
    const mapped = logbook.map(event, settings);
    return 'payload' in mapped && event.event_type.endsWith('Click') ? { ...mapped, route: 'clicks' } : mapped;
  },
  rateLimit: (settings) => ({
    ...logbook.rateLimit(settings),
    routes: { clicks: { maxEvents: 10, wrapBytes: 2, itemBytes: 40 } },
  }),
  async send(items, to) {
    if (items[0]?.route === undefined) return logbook.send(items, to);
    const { token } = to.credentials as { readonly token: string };
    const body = `[${items.map(({ json }) => `{"token":${JSON.stringify(token)},${json.slice(1)}`).join(',')}]`;
    const answer = await to.http.request({ method: 'POST', url: `https://${to.settings.host}/clicks`, body });
    const refusals = { 401: { code: 'token_refused', advice: 'check the token' } };
    const rules = { label: 'Logbook', refusals, isSuccess: ({ ok }: { readonly ok?: unknown }) => ok === true };
    return answerAll(items, toSendOutcome(interpretAnswer(answer, rules, () => 'refused')));
  },
};

/** What the suite is given of it. */
export const clicks: RouteOptions = {
  answers: [
    { name: '200', answer: jsonAnswer(200, { ok: true, kept: 3 }), then: 'delivered' },
    { name: '401', answer: jsonAnswer(401, {}), then: 'blocked' },
  ],
  confirmedBy: [{ ok: true }],
};
