import type { BatchReader } from '../batch/batchReader.js';
import type { Sql } from '../db/connect.js';
import type { AttemptResult } from '../delivery/record.js';
import type { IngestRequest } from '../ingest/ingestRequest.js';
import { watchTailDemands } from './tailDemand.js';
import { createTailSampler } from './tailSampler.js';
import { createRecordedTap } from './tapRecorded.js';
import { tapStored } from './tapStored.js';

interface TapOptions {
  readonly sql: Sql;
  readonly onError: (error: unknown) => void;
}

/** Where the live tail sees the requests that a process stores. */
export interface StoredTap {
  /** Whether the tail has a reader. Without one, nothing else is asked. */
  readonly isWanted: boolean;
  /** Called after the commit. Never throws. */
  stored(requests: readonly IngestRequest[]): void;
  stop(): Promise<void>;
}

/** Where the live tail sees the outcomes that a process records. */
export interface OutcomeTap {
  readonly isWanted: boolean;
  recorded(currentId: number, results: readonly AttemptResult[]): void;
  stop(): Promise<void>;
}

export async function openStoredTap({ sql, onError }: TapOptions): Promise<StoredTap> {
  const demands = await watchTailDemands(sql, onError);
  const sampler = createTailSampler({ sql, demands, onError });
  return {
    get isWanted() {
      return demands.isWanted;
    },
    stored(requests) {
      try {
        tapStored(sampler, requests);
      } catch (error) {
        // What is shown must not fail what is stored.
        onError(error);
      }
    },
    async stop() {
      demands.stop();
      await sampler.stop();
    },
  };
}

export async function openOutcomeTap({
  sql,
  batchReader,
  onError,
}: TapOptions & { readonly batchReader: Pick<BatchReader, 'read'> }): Promise<OutcomeTap> {
  const demands = await watchTailDemands(sql, onError);
  const sampler = createTailSampler({ sql, demands, onError });
  const tap = createRecordedTap({ sampler, batchReader, onError });
  return {
    get isWanted() {
      return demands.isWanted;
    },
    recorded: tap.recorded,
    async stop() {
      demands.stop();
      await tap.stop();
      await sampler.stop();
    },
  };
}
