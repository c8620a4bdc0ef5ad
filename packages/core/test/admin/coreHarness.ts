import { randomBytes } from 'node:crypto';
import type { Connector, StreamingHttp } from '@currents/connector';
import {
  connect,
  createCurrent,
  createIngest,
  createSeal,
  launchCurrent,
  openAdmin,
  openWriter,
  type Admin,
  type CurrentView,
  type Ingest,
  type Seal,
  type Sql,
} from '@currents/core';
import { claim } from '../../src/delivery/claim.js';
import { Outcome } from '../../src/batch/outcome.js';
import { record } from '../../src/delivery/record.js';
import { startAttempt } from '../../src/delivery/attempt.js';
import { createTestDatabase } from '../database.js';
import { createFakePartner, fakeConnector, type FakePartner } from '../fakeConnector.js';

export { event } from '../deliveryHarness.js';

export const everything = {
  eventTypes: [],
  channels: [],
  groups: ['behaviour', 'campaign', 'canvas', 'message', 'other'],
};

/** Admin operations on a new database with the fake connector, and helpers that store and attempt events. */
export interface CoreHarness {
  readonly admin: Admin;
  readonly sql: Sql;
  readonly seal: Seal;
  readonly databaseUrl: string;
  readonly partner: FakePartner;
  readonly intake: Ingest;
  readonly tokenId: number;
  /** The Currents for which workers were woken. */
  readonly woken: number[];
  /** The dependencies of admin operations on the same database, with some of them replaced. */
  open(other: { readonly seal?: Seal; readonly allowBaseUrl?: boolean; readonly connector?: Connector }): Admin;
  draft(name: string): Promise<string>;
  launch(name: string): Promise<string>;
  take(events: readonly unknown[]): Promise<void>;
  /** One attempt at all due deliveries, live ones or those of replays: `fate` gives the outcome of each pending event by its position in its batch. */
  attempt(currentId: string, fate: (position: number) => Fate, replays?: boolean): Promise<void>;
  close(): Promise<void>;
}

/** Narrows a result to a Current; throws on any other. */
export function currentOf(answer: CurrentView | { readonly kind: string; readonly message: string }): CurrentView {
  if ('id' in answer) return answer;
  throw new Error(answer.message);
}

export type Fate =
  | 'delivered'
  | 'pending'
  | { readonly skip: string }
  | { readonly outcome: 'rejected' | 'expired'; readonly code: string };

const unreachable = async () => ({ status: 0, failure: 'unreachable', detail: 'there is no network here' }) as const;
const noHttp: StreamingHttp = { request: unreachable, stream: unreachable };

export async function openCoreHarness(): Promise<CoreHarness> {
  const database = await createTestDatabase();
  const sql = connect(database.url, { max: 4, name: 'test' });
  const seal = createSeal(randomBytes(32));
  const partner = createFakePartner();
  const woken: number[] = [];
  const opened: Admin[] = [];
  const writer = openWriter(database.url, { max: 4, name: 'test' });
  const intake = createIngest(writer, {
    connectors: new Map([['fake', fakeConnector(partner)]]),
    batchEvents: 500,
    queuedBytes: 10_000_000,
    commits: 2,
    commitDelayMs: 1,
    shard: 4,
    onStored: () => undefined,
  });
  const [token] = await sql<{ id: number }[]>`
    insert into ingest_token (name, hash, hint) values ('sender', ${randomBytes(32)}, 'abcd') returning id`;
  const tokenId = token?.id ?? 0;

  const open: CoreHarness['open'] = (other) => {
    const connector = other.connector ?? fakeConnector(partner);
    const handle = openAdmin({
      databaseUrl: database.url,
      sql,
      seal: other.seal ?? seal,
      connectors: new Map([[connector.name, connector]]),
      allowBaseUrl: other.allowBaseUrl ?? false,
      http: noHttp,
      wake: (id) => void woken.push(id),
      wakePull: () => undefined,
    });
    opened.push(handle);
    return handle;
  };
  const admin = open({});

  async function draft(name: string): Promise<string> {
    const answer = await createCurrent(admin, {
      name,
      contactEmail: 'ana@example.com',
      destination: 'fake',
      settings: { region: 'here' },
      credentials: { key: 'a-key-of-the-partner' },
      selection: everything,
    });
    return currentOf(answer).id;
  }

  return {
    admin,
    sql,
    seal,
    databaseUrl: database.url,
    partner,
    intake,
    tokenId,
    woken,
    open,
    draft,
    async launch(name) {
      const id = await draft(name);
      await launchCurrent(admin, id);
      return id;
    },
    async take(events) {
      const taken = await intake.take({ chunks: [Buffer.from(JSON.stringify({ events }))], format: 'json', tokenId });
      if (taken.outcome !== 'stored') throw new Error(JSON.stringify(taken));
    },
    async attempt(currentId, fate, replays = false) {
      const workerId = 7;
      const lease = String(1 + Math.floor(Math.random() * 1e9));
      await sql`insert into worker_lease (id) values (${workerId}) on conflict do nothing`;
      await sql`insert into current_owner (current_id, worker_id) values (${currentId}, ${workerId}) on conflict do nothing`;
      const claimed = await claim(sql, {
        currentId: Number(currentId),
        workerId,
        lease,
        leaseMs: 60_000,
        events: 1_000_000,
        replays,
      });
      const attempted = claimed.deliveries.map((delivery) => {
        const track = startAttempt(delivery, Date.now());
        for (const position of track.due) {
          if (delivery.outcomes[position] !== Outcome.pending) continue;
          const end = fate(position);
          if (end === 'delivered') track.deliver(position);
          else if (end === 'pending') continue;
          else if ('skip' in end) track.skip(position, end.skip);
          else track.deadLetter(position, { ...end, detail: `it was ${end.outcome} in a test` });
        }
        return track.result();
      });
      if (attempted.length > 0) await record(sql, attempted, { currentId: Number(currentId), lease, shard: 8 });
    },
    async close() {
      await intake.drain();
      await Promise.all(opened.map((handle) => handle.close()));
      await Promise.all([writer.end(), sql.end()]);
      await database.drop();
    },
  };
}
