import { createHash } from 'node:crypto';
import { readBody } from '@currents/schema';
import { createStore, type Receipt, type StoreOptions } from './store.js';
import type { Sql } from './db/connect.js';

/** A request body with what tells how to read it. */
export interface Body {
  readonly bytes: Buffer;
  readonly format: 'json' | 'ndjson';
  readonly tokenId: number;
}

export type Taken =
  | { readonly outcome: 'stored'; readonly receipt: Receipt }
  | { readonly outcome: 'unreadable'; readonly code: string; readonly detail: string };

/** The front half of the line: parse, then store. */
export interface Intake {
  /** Resolves after the commit. Rejects as `Store.store` does. */
  take(body: Body): Promise<Taken>;
  drain(): Promise<void>;
}

export function createIntake(sql: Sql, options: StoreOptions): Intake {
  const store = createStore(sql, options);
  return {
    async take({ bytes, format, tokenId }) {
      const text = bytes.toString('utf8');
      const reading = readBody(text, format);
      if ('unreadable' in reading) return { outcome: 'unreadable', ...reading.unreadable };
      const { events, types, quarantined, json } = reading;
      if (events.length + quarantined.length === 0) return { outcome: 'stored', receipt: { accepted: 0, refused: [] } };
      const receipt = await store.store({
        hash: createHash('sha256').update(`${tokenId} ${format} `).update(bytes).digest(),
        tokenId,
        types,
        json: json === text ? bytes : Buffer.from(json),
        refused: quarantined,
      });
      return { outcome: 'stored', receipt };
    },
    drain: () => store.drain(),
  };
}
