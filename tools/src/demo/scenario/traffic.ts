import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { sampleOf } from '@currents/schema';
import { openEventClient } from '../../hub/eventClient.js';
import { demoTypes, personalised } from '../makeEvents.js';
import { hotDevice } from './currents.js';

/** The partners keep what they receive in memory, so a forgotten demo must not fill it. */
const maxSeconds = 3_600;
/** More than the Current to Amplitude sends of one device in a minute. */
const hotEvents = 600;

/** Sends some events every second, for an hour at most, until it is closed. Errors end it: the hub may stop first. */
export function startTraffic(apiUrl: string, token: string) {
  const client = openEventClient(apiUrl, token, 1);
  const ending = new AbortController();
  const sending = (async () => {
    await client.post(JSON.stringify({ events: [...hotSessions(), ...broken()] }));
    let index = 1_000_000;
    for (let second = 0; second < maxSeconds; second++) {
      const count = 16 + Math.round(8 * Math.sin(second / 25));
      const events = Array.from({ length: count }, () => liveEvent(index++));
      await client.post(JSON.stringify({ events }));
      await wait(1_000, undefined, { signal: ending.signal });
    }
  })().catch(() => undefined);
  return {
    async close(): Promise<void> {
      ending.abort();
      await sending;
      await client.close();
    },
  };
}

/** An event of the present moment. The types take turns, the same way every time. */
function liveEvent(index: number): object {
  const type = demoTypes[(index * 7) % demoTypes.length] ?? demoTypes[0];
  return { ...personalised(sampleOf(type?.name ?? ''), index, now()), id: randomUUID() };
}

/** A busy device, such as that of a test script. */
function hotSessions(): readonly object[] {
  const { user, ...session } = sampleOf('users.behaviors.app.SessionStart');
  const script = { ...user, external_user_id: 'load-test', device_id: hotDevice };
  return Array.from({ length: hotEvents }, () => ({ ...session, id: randomUUID(), time: now(), user: script }));
}

/** Events that are quarantined, each for another reason. */
function broken(): readonly object[] {
  const open = sampleOf('users.messages.email.Open');
  const purchase = sampleOf('users.behaviors.Purchase');
  return [
    { ...open, id: randomUUID(), time: 'yesterday' },
    { ...open, id: randomUUID(), event_type: 'users.messages.email.Opened' },
    { ...open, id: randomUUID(), user: undefined },
    { ...purchase, id: randomUUID(), properties: { ...purchase.properties, price: '18,90' } },
  ];
}

function now(): number {
  return Math.floor(Date.now() / 1_000);
}
