import type { Connector } from '@currents/connector';
import { amplitude } from '@currents/connector-amplitude';
import { mixpanel } from '@currents/connector-mixpanel';
import type { Connectors } from '@currents/core';

const known: readonly Connector[] = [mixpanel, amplitude];

/** The destinations this process knows. A new one is one more name above, here and in the other app. */
export const connectors: Connectors = new Map(known.map((connector) => [connector.name, connector]));
