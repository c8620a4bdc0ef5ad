import type { Connector, SegmentExport } from '@currents/connector';
import { amplitude } from '@currents/connector-amplitude';
import { braze } from '@currents/connector-braze';
import { mixpanel } from '@currents/connector-mixpanel';
import { http } from '@currents/connector-http';
import { posthog } from '@currents/connector-posthog';
import type { Connectors, SegmentExports } from '@currents/core';

const known: readonly Connector[] = [mixpanel, amplitude, http, posthog];

/** The destinations of this process. Add a new one to `known` here and in the worker. */
export const connectors: Connectors = new Map(known.map((connector) => [connector.name, connector]));

const knownExports: readonly SegmentExport[] = [braze];

/** The destinations of segments. Add a new one to `knownExports` here and in the worker. */
export const segmentExports: SegmentExports = new Map(knownExports.map((each) => [each.name, each]));
