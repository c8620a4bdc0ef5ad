import type { z } from 'zod';
import type { sharedVariables } from '../process/config.js';
import type { TracingOptions } from './openTracing.js';

type TracingVariables =
  | 'OTEL_TRACES_SAMPLER'
  | 'OTEL_TRACES_SAMPLER_ARG'
  | 'OTEL_EXPORTER_OTLP_ENDPOINT'
  | 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'
  | 'OTEL_EXPORTER_OTLP_HEADERS';

/** What of its environment a process sends traces by. */
export function tracingOptionsOf(
  config: Pick<z.output<z.ZodObject<typeof sharedVariables>>, TracingVariables>,
): Pick<TracingOptions, 'url' | 'headers' | 'sampler' | 'ratio'> {
  return {
    url:
      config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ??
      `${config.OTEL_EXPORTER_OTLP_ENDPOINT.replace(/\/+$/, '')}/v1/traces`,
    headers: config.OTEL_EXPORTER_OTLP_HEADERS ?? {},
    sampler: config.OTEL_TRACES_SAMPLER,
    ratio: config.OTEL_TRACES_SAMPLER_ARG,
  };
}
