import { describeCohortImport } from '@currents/connector/conformance';
import { amplitude } from '@currents/connector-amplitude';

describeCohortImport('amplitude', amplitude.cohortImport!, new URL('../examples/cohorts/', import.meta.url));
