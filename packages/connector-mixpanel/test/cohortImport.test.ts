import { describeCohortImport } from '@currents/connector/conformance';
import { cohortImport } from '../src/cohort.js';

describeCohortImport('mixpanel', cohortImport, new URL('../examples/cohorts/', import.meta.url));
