import type { Finding } from '@currents/core';

/** The versions that `engines` of the project's package.json allows. */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isEnough = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;
  return {
    subject: 'Node',
    ...(isEnough
      ? { status: 'ok', detail: version }
      : { status: 'not ok', detail: `expected 20.19 or later of 20, or 22.12 or later, got ${version}; install one` }),
  };
}
