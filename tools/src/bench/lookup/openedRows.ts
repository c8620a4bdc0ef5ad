import { randomBytes } from 'node:crypto';
import { createHttp, createSeal, findEventPlaces, openAdmin, type EventQuestion } from '@currents/core';
import type { Hub } from '../hub/openHub.js';

/** The events of a page of the API, unless the query names another number. */
const pageEvents = 50;

/** Counts what a look-up opens, by the function that the api calls, because the api does not say it. */
export function openCounter({ sql, databaseUrl }: Pick<Hub, 'sql' | 'databaseUrl'>) {
  const http = createHttp({ timeoutMs: 1_000, connections: 1, allowPrivateAddresses: true });
  const admin = openAdmin({
    databaseUrl,
    sql,
    connectors: new Map<string, never>(),
    seal: createSeal(randomBytes(32)),
    allowBaseUrl: false,
    http,
    wake: () => undefined,
    wakePull: () => undefined,
  });
  return {
    /** `falseRows`: rows that were opened, and have no event that was looked for. */
    async count(question: EventQuestion) {
      const limit = question.kind === 'eventId' ? 20 : pageEvents;
      const { places, openedRows } = await findEventPlaces(admin, question, limit);
      const rows = new Set(places.map(({ storedOn, source, rowId }) => `${storedOn} ${source} ${rowId}`));
      return { openedRows, falseRows: openedRows - rows.size };
    },
    async close(): Promise<void> {
      await admin.close();
      await http.close();
    },
  };
}
