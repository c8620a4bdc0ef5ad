import type { Fault } from '../schedule.js';
import type { FaultContext, MakeFault } from './context.js';
import { postgresFaults, redisFaults } from './database.js';
import { partnerFaults } from './partners.js';
import { processFaults } from './processes.js';
import { senderFaults } from './senders.js';

const makers = {
  api: processFaults,
  'worker-1': processFaults,
  'worker-2': processFaults,
  postgres: postgresFaults,
  redis: redisFaults,
  mixpanel: partnerFaults,
  amplitude: partnerFaults,
  senders: senderFaults,
};

/** Makes a fault of the schedule, and resolves when it has ended. */
export async function makeFault(context: FaultContext, fault: Fault): Promise<void> {
  const { timeline } = context;
  const { target, kind, lastsMs } = fault;
  const make = (makers[target] as Readonly<Record<string, MakeFault<never>>>)[kind];
  if (!make) throw new Error(`expected a known fault of ${target}, got ${kind}`);
  timeline.add('fault', target, lastsMs > 0 ? `${kind} for ${(lastsMs / 1_000).toFixed(1)} s` : kind);
  await make(context, fault as never);
  timeline.add('end', target, kind);
}
