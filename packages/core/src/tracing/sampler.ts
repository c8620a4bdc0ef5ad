import type * as sdkPackage from '@opentelemetry/sdk-trace-base';

type Sdk = typeof sdkPackage;
type Sampler = sdkPackage.Sampler;

/** The values of OTEL_TRACES_SAMPLER (OpenTelemetry, Environment Variable Specification) that are understood. */
export const samplerNames = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

export type SamplerName = (typeof samplerNames)[number];

/** `parentbased_…`: a request with a `traceparent` is sampled if its sender samples it. */
export function samplerOf(
  sdk: Sdk,
  { sampler: name, ratio }: { readonly sampler: SamplerName; readonly ratio: number },
): Sampler {
  const roots: Readonly<Record<string, () => Sampler>> = {
    always_on: () => new sdk.AlwaysOnSampler(),
    always_off: () => new sdk.AlwaysOffSampler(),
    traceidratio: () => new sdk.TraceIdRatioBasedSampler(ratio),
  };
  const root = roots[name.replace('parentbased_', '')]?.() as Sampler;
  return name.startsWith('parentbased_') ? new sdk.ParentBasedSampler({ root }) : root;
}
