import { unpackBatch, type Sql } from '@currents/core';
import type { CatalogueEvent } from '@currents/schema';
import type { Random } from '../../fakes/random.js';

export interface SampledEvent {
  readonly event: CatalogueEvent & {
    readonly user: { readonly external_user_id: string; readonly device_id: string };
  };
  readonly storedAt: Date;
}

export type Sampler = Awaited<ReturnType<typeof openSampler>>;

/** Draws stored events from the batches themselves, without the index. Old ones are those that are stored by now. */
export async function openSampler(sql: Sql, random: Random) {
  const days = await sql<{ day: string; first: string; last: string }[]>`
    select to_char(stored_on, 'YYYY-MM-DD') as day, min(id) as first, max(id) as last from batch group by stored_on`;

  async function draw(row: { readonly content: Buffer; readonly storedAt: Date } | undefined): Promise<SampledEvent> {
    if (!row) throw new Error('expected a batch to draw an event from');
    const events = await unpackBatch(row.content);
    return { event: events[Math.floor(random() * events.length)] as SampledEvent['event'], storedAt: row.storedAt };
  }

  return {
    async old(): Promise<SampledEvent> {
      const { day, first, last } = days[Math.floor(random() * days.length)] ?? { day: '', first: '0', last: '0' };
      const from = Number(first) + Math.floor(random() * (Number(last) - Number(first) + 1));
      const [row] = await sql<{ content: Buffer; storedAt: Date }[]>`
        select content, stored_at as "storedAt" from batch
        where stored_on = ${day} and id between ${from} and ${last} order by id limit 1`;
      return draw(row);
    },
    async newest(): Promise<SampledEvent> {
      const [row] = await sql<{ content: Buffer; storedAt: Date }[]>`
        select content, stored_at as "storedAt" from batch where stored_on >= current_date - 1
        order by stored_on desc, id desc limit 1`;
      return draw(row);
    },
  };
}
