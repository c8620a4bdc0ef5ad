import type { Culprit, Fault } from './faultSuite.js';

const once = { count: 1 };

/** What both routes of Mixpanel meet: answers that refuse records, in the forms that Mixpanel has. */
export function mixpanelFaults({ id, name }: Culprit): readonly Fault[] {
  const concerned = { eventIdIn: [name] };
  const field = 'properties.campaign_name';
  const named = { kind: 'partial400', ids: [name], field, message: 'is invalid' } as const;
  const buried = { dead: [id, 'rejected_by_mixpanel'] } as const;
  const bare = { dead: [id, 'bad_request'] } as const;
  return [
    {
      name: 'a 200 from another server',
      action: { kind: 'status', status: 200, body: '<html>Welcome</html>' },
      match: once,
    },
    {
      name: 'a connection reset while the events are sent',
      action: { kind: 'reset', at: 'afterHeaders' },
      match: once,
    },
    {
      name: 'one event refused without a name',
      action: { ...named, records: 'none' },
      match: concerned,
      ...bare,
    },
    { name: 'one event refused by a string', action: { ...named, records: 'strings' }, match: concerned, ...bare },
    { name: 'one event refused twice', action: { ...named, records: 'repeated' }, match: concerned, ...buried },
    {
      name: 'one event refused by an index as a string',
      action: { ...named, records: 'indexAsString' },
      match: concerned,
      ...buried,
    },
    {
      name: 'one event refused together with one that was not sent',
      action: { ...named, records: 'outOfRange' },
      match: concerned,
      ...buried,
    },
  ];
}
