import { catalogue, sampleOf } from '@currents/schema';
import type { Chooser } from './chooser.js';
import { randomJson, randomText } from './text.js';

export interface EventBody {
  readonly text: string;
  readonly contentType: string;
  /** The ids of events without a fault: they have to be delivered if the request is accepted as it is. */
  readonly good: readonly string[];
}

const fields = ['event_type', 'id', 'time', 'user', 'properties', 'app_id', 'timezone'];

/** A body of events, most of them with faults, and a good one among them here and there. */
export function randomEventBody(choose: Chooser, nextId: () => string): EventBody {
  const good: string[] = [];
  const events = choose.some(choose.chance(0.01) ? 300 : 6, () => {
    if (!choose.chance(0.2)) return faultyEvent(choose);
    const id = nextId();
    good.push(id);
    return goodEvent(choose, id);
  });
  if (choose.chance(0.3)) return { text: events.join('\n'), contentType: 'application/x-ndjson', good };
  const list = `[${events.join(',')}]`;
  if (choose.chance(0.9)) return { text: `{"events":${list}}`, contentType: 'application/json', good };
  const text = choose.pick([list, `{"events":${list},"events":[]}`, `{"eventz":${list}}`, events[0] ?? '']);
  return { text, contentType: 'application/json', good: [] };
}

/** Types whose samples Mixpanel takes as they are. */
const types = catalogue.filter(({ group, hasOwnName }) => group !== 'other' && !hasOwnName).map(({ name }) => name);

function goodEvent(choose: Chooser, id: string): string {
  const sample = sampleOf('users.messages.email.Open');
  return JSON.stringify({ ...sample, id, user: { external_user_id: `good-${choose.below(50)}` } });
}

function faultyEvent(choose: Chooser): string {
  const pairs = Object.entries(sampleOf(choose.pick(types))).map(([name, value]) => [name, JSON.stringify(value)]);
  for (let count = choose.below(4); count > 0; count--) {
    const pair = [choose.chance(0.7) ? choose.pick(fields) : randomText(choose), randomJson(choose)];
    const at = choose.below(pairs.length + 1);
    pairs.splice(at, choose.below(2), pair);
  }
  const isText = choose.chance(0.02);
  return isText
    ? randomJson(choose)
    : `{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
}
