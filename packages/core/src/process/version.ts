import { createRequire } from 'node:module';

/** The version of the hub that this process runs. */
export const { version } = createRequire(import.meta.url)('../../package.json') as { readonly version: string };
