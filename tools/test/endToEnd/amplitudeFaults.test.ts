import { expect, it } from 'vitest';
import { amplitudeDestination } from './amplitudeDestination.js';
import { apiKeyOf, insertIdOf, secretKeyOf } from './amplitudeHub.js';
import { describeFaults, type FaultScene } from './faultSuite.js';

const once = { count: 1 };
const firewall = 'a firewall that refuses one event';
const device = 'too many requests of one device';

describeFaults(amplitudeDestination, {
  revoked: 'credentials_refused',
  refused: 'bad_request',
  secretsOf: (project) => [apiKeyOf(project), secretKeyOf(project)],
  more({ id: culprit }) {
    const concerned = { eventIdIn: [culprit] };
    const named = { kind: 'partial400', ids: [culprit], field: 'groups' } as const;
    const buried = { dead: [culprit, 'field_invalid'] } as const;
    const bare = { dead: [culprit, 'bad_request'] } as const;
    return [
      {
        name: 'an error of Amplitude’s own',
        action: { kind: 'status', status: 500, body: { code: 500, error: 'Internal Server Error' } },
        match: once,
      },
      {
        name: 'a 200 from another server',
        action: { kind: 'status', status: 200, body: '<html>Welcome</html>' },
        match: once,
      },
      { name: 'a server with a wrong clock', action: { kind: 'clockSkew', ms: 7_200_000 } },
      { name: 'too many requests, without names', action: { kind: 'flip429', times: 2 } },
      { name: device, action: { kind: 'flip429', times: 1, named: [culprit] }, match: concerned },
      { name: 'too many requests of all devices', action: { kind: 'flip429', times: 1, named: 'all' } },
      { name: firewall, action: { kind: 'waf403', pattern: culprit }, waits: culprit },
      { name: 'one event refused', action: named, match: concerned, ...buried },
      { name: 'one event refused without a name', action: { ...named, records: 'none' }, match: concerned, ...bare },
      {
        name: 'one event refused with the field but without the event',
        action: { ...named, records: 'strings' },
        match: concerned,
        ...bare,
      },
      { name: 'one event refused twice', action: { ...named, records: 'repeated' }, match: concerned, ...buried },
      {
        name: 'one event refused by an index as a string',
        action: { ...named, records: 'indexAsString' },
        match: concerned,
        ...bare,
      },
      {
        name: 'one event refused together with one that was not sent',
        action: { ...named, records: 'outOfRange' },
        match: concerned,
        ...buried,
      },
    ];
  },

  besides(scene) {
    it(`${firewall}: only that event waits`, async () => {
      const { hub, currentOf } = scene();
      const rows = await hub.sql<{ deferred: { code: string; positions: number[] }[] }[]>`
        select deferred from delivery where current_id = ${currentOf(firewall)} and pending > 0`;
      expect(rows.flatMap(({ deferred }) => deferred).map(({ code, positions }) => [code, positions])).toEqual([
        ['forbidden', [137]],
      ]);
    });

    it('compression refused: the Current goes on without it, and has a warning', () => goesOnWithout(scene()));

    it('throttling of one device: the other events are sent again at once', () => {
      const { shown, culprit, ids } = scene();
      const copies = shown.view.filter(({ project }) => project === device);
      const [refused] = shown.requests.filter(({ project, status }) => project === device && status === 429);
      const waited = (id: string): number =>
        (copies.find((copy) => insertIdOf(copy) === id)?.receivedAt ?? 0) - (refused?.t ?? 0);
      expect(waited(culprit)).toBeGreaterThanOrEqual(15_000);
      // Long before the throttled one, without waiting for it.
      expect(ids.filter((id) => id !== culprit && waited(id) > waited(culprit) - 5_000)).toEqual([]);
    });
  },

  connections(scene, carry) {
    it('may be reset while the events are sent', async () => {
      const { hub } = scene();
      hub.fake.control.addFault({
        id: 'breaking',
        match: { count: 3 },
        action: { kind: 'reset', at: 'afterHeaders' },
      });
      await carry();
      expect(hub.fake.control.summary().faults['breaking']).toBe(3);
    }, 60_000);
  },
});

async function goesOnWithout({ hub, shown }: FaultScene): Promise<void> {
  const name = 'compression refused';
  const statuses = shown.requests.filter(({ project }) => project === name).map(({ status }) => status);
  expect(statuses.filter((status) => status === 415)).toHaveLength(1);
  const { currents: listed } = await hub.client.ask<{
    currents: { nodes: readonly { name: string; warnings: readonly object[] }[] };
  }>('{ currents(first: 50) { nodes { name warnings { code message firstAt } } } }');
  expect(listed.nodes.find((current) => current.name === name)?.warnings).toContainEqual({
    code: 'GZIP_REFUSED',
    message: expect.stringContaining('415'),
    firstAt: expect.any(String),
  });
}
