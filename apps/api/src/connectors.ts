import { mixpanel } from '@currents/connector-mixpanel';
import type { Connectors } from '@currents/core';

/** The destinations this process knows. A new one is one more line here and in the worker's list. */
export const connectors: Connectors = new Map([mixpanel].map((connector) => [connector.name, connector]));
