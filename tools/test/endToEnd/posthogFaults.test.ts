import { describeFaults } from './faultSuite.js';
import { posthogDestination, projectTokenOf } from './posthogDestination.js';

describeFaults(posthogDestination, {
  revoked: 'credentials_refused',
  refused: 'bad_request',
  secretsOf: (project) => [projectTokenOf(project)],
  more: () => [
    {
      name: 'a 200 from another server',
      action: { kind: 'status', status: 200, body: '<html>Welcome</html>' },
      match: { count: 1 },
    },
    {
      name: 'a transient error of PostHog’s own, the events stored',
      action: { kind: 'status', status: 503, body: 'transient error, please retry' },
      when: 'after-store',
      match: { count: 1 },
    },
  ],
});
