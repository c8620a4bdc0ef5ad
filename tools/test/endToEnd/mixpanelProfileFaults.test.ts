import { expect, it } from 'vitest';
import { profileIdOf } from '../../src/fakes/mixpanel/records.js';
import { event } from './events.js';
import { describeFaults } from './faultSuite.js';
import { mixpanelDestination } from './mixpanelDestination.js';
import { mixpanelFaults } from './mixpanelFaults.js';
import { tokenOf } from './testEnvironment.js';

/** Updates of profiles, which Mixpanel takes at /engage: each is of a user who has its id as external id. */

const changes = { home_city: 'Longyearbyen', country: 'NO', first_name: 'Ana '.repeat(60).trim() };
const setAtMixpanel = { home_city: changes.home_city, country: changes.country, $first_name: changes.first_name };

function updates(count: number) {
  return Array.from({ length: count }, () => {
    const { id, ...update } = event({ event_type: 'users.profile.Update', properties: changes });
    return { ...update, id, user: { external_user_id: id } };
  });
}

const profiles: typeof mixpanelDestination = {
  ...mixpanelDestination,
  current(fake, project) {
    const { settings, credentials } = mixpanelDestination.current(fake, project);
    return { settings: { ...settings, profileUpdates: true }, credentials };
  },
  idOf: ({ event: stored }) => String(stored['$distinct_id']),
};

describeFaults(profiles, {
  revoked: 'credentials_refused',
  refused: 'bad_request',
  secretsOf: (project) => [tokenOf(project), 'Basic '],
  make: updates,
  nameOf: ({ id }) => profileIdOf({ $distinct_id: id, $set: setAtMixpanel }) ?? '',
  // Mixpanel takes no compressed updates.
  isCompressed: false,
  more: mixpanelFaults,
  besides(scene) {
    it('all of them at /engage, where each user has what was set last', () => {
      const { shown, ids } = scene();
      const paths = new Set(shown.requests.filter(({ eventCount }) => eventCount > 0).map(({ path }) => path));
      expect([...paths]).toEqual(['/engage']);
      const stored = shown.view.filter(({ project }) => project === 'a connection reset after the events are stored');
      expect(stored.map(({ event: { $distinct_id: _, ...set } }) => set)).toEqual(
        ids.map(() => ({ $set: setAtMixpanel })),
      );
    });
  },
});
