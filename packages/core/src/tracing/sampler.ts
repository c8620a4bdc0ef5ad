import type * as sdkPackage from '@opentelemetry/sdk-trace-base';
import type { SamplerName } from '../process/samplerNames.js';

type Sdk = typeof sdkPackage;
type Sampler = sdkPackage.Sampler;

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
