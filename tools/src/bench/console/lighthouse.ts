import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

export const categories = ['performance', 'accessibility', 'best-practices'] as const;
export type Category = (typeof categories)[number];

/** The scores of one load, from 0 to 100, and the audits that cost points. */
export interface LoadReport {
  readonly scores: Readonly<Record<Category, number>>;
  readonly faults: readonly string[];
  readonly firstPaintMs: number;
  readonly largestPaintMs: number;
  readonly blockingMs: number;
}

interface Audit {
  readonly id: string;
  readonly score: number | null;
  readonly title: string;
  readonly numericValue?: number;
}

interface LighthouseResult {
  readonly lhr: {
    readonly runtimeError?: { readonly message: string };
    readonly categories: Readonly<
      Record<
        Category,
        {
          readonly score: number | null;
          readonly auditRefs: readonly { readonly id: string; readonly weight: number }[];
        }
      >
    >;
    readonly audits: Readonly<Record<string, Audit>>;
  };
}

type Lighthouse = (url: string, flags: object, config: unknown) => Promise<LighthouseResult | undefined>;

/**
 * Lighthouse from a folder of its own. It is no dependency of this package: with what it brings along it has 186 MB, of
 * which most reports errors of Lighthouse to its authors, or drives browsers that this package drives already.
 * Rejects where the folder has none.
 */
export async function openLighthouse(folder: string) {
  const inFolder = (file: string) => pathToFileURL(join(resolve(folder), 'node_modules/lighthouse', file)).href;
  const { default: lighthouse } = (await import(inFolder('core/index.js'))) as { default: Lighthouse };
  const { default: desktop } = (await import(inFolder('core/config/desktop-config.js'))) as { default: unknown };
  /** Loads a page in a new tab of the browser at this debugging port, with an empty cache and the browser's cookies. */
  return async (url: string, port: number): Promise<LoadReport> => {
    const flags = { port, onlyCategories: categories, disableStorageReset: true, logLevel: 'error' };
    const result = await lighthouse(url, flags, desktop);
    if (!result || result.lhr.runtimeError)
      throw new Error(`Lighthouse failed: ${result?.lhr.runtimeError?.message ?? 'no result'}`);
    return reportOf(result.lhr);
  };
}

function reportOf({ categories: found, audits }: LighthouseResult['lhr']): LoadReport {
  const scoreOf = (category: Category): number => Math.round((found[category].score ?? 0) * 100);
  const faults = categories.flatMap((category) =>
    found[category].auditRefs
      .filter(({ weight }) => weight > 0)
      .flatMap(({ id }) => audits[id] ?? [])
      .filter(({ score }) => score !== null && score < 0.9)
      .map(({ id, title }) => `${category}: ${title} (${id})`),
  );
  const valueOf = (id: string): number => audits[id]?.numericValue ?? NaN;
  return {
    scores: {
      performance: scoreOf('performance'),
      accessibility: scoreOf('accessibility'),
      'best-practices': scoreOf('best-practices'),
    },
    faults,
    firstPaintMs: valueOf('first-contentful-paint'),
    largestPaintMs: valueOf('largest-contentful-paint'),
    blockingMs: valueOf('total-blocking-time'),
  };
}
