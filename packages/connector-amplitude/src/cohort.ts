import { brazeCohorts } from '@currents/connector';
import type { CohortImport } from '@currents/connector';
import { cohortLists } from './cohortLists.js';
import { shownName } from './cohortName.js';
import { cohortWebhook } from './cohortWebhook.js';

/** How Amplitude pushes cohorts: its cohort webhook, its list-based sync, and the partner protocol of Braze. */
export const cohortImport: CohortImport = {
  routes: [cohortWebhook, ...cohortLists, ...brazeCohorts.routes],
  displayName: shownName,
};
