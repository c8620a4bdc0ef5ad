import type { Connector } from '@currents/connector';
import { amplitude } from '@currents/connector-amplitude';
import { mixpanel } from '@currents/connector-mixpanel';
import { http } from '@currents/connector-http';
import type { Connectors } from '@currents/core';

const known: readonly Connector[] = [mixpanel, amplitude, http];

/** The destinations of this process. Add a new one to `known` here and in the worker. */
export const connectors: Connectors = new Map(known.map((connector) => [connector.name, connector]));
