import { describeFaults } from './faultSuite.js';
import { mixpanelDestination } from './mixpanelDestination.js';
import { mixpanelFaults } from './mixpanelFaults.js';
import { tokenOf } from './testEnvironment.js';

describeFaults(mixpanelDestination, {
  revoked: 'credentials_refused',
  refused: 'bad_request',
  // The credentials, and the header that is made of them.
  secretsOf: (project) => [tokenOf(project), 'Basic '],
  more: mixpanelFaults,
});
