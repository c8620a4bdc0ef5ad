import { describeFaults } from './faultSuite.js';
import { httpDestination, receiverTokenOf } from './httpDestination.js';

describeFaults(httpDestination, {
  revoked: 'http_401',
  refused: 'bad_request',
  secretsOf: (project) => [receiverTokenOf(project)],
  more: () => [
    {
      name: 'a connection reset while the events are sent',
      action: { kind: 'reset', at: 'afterHeaders' },
      match: { count: 1 },
    },
    {
      name: 'a path that is gone for a while',
      action: { kind: 'status', status: 410, body: { error: 'gone' } },
      blocked: 'http_410',
    },
    {
      name: 'events that the receiver says it had before',
      action: { kind: 'status', status: 409, body: { error: 'seen before' } },
      when: 'after-store',
      settings: { deliveredStatuses: '2xx, 409' },
      match: { count: 1 },
    },
  ],
});
