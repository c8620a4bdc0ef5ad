import { describeCohortImport } from '@currents/connector/conformance';
import { cohortImport } from '../src/cohort.js';

describeCohortImport('amplitude', cohortImport, new URL('../examples/cohorts/', import.meta.url));
