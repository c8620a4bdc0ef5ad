import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { median } from '../bench/reading/percentiles.js';
import { rounded } from './units.js';

const fsyncs = 200;

/** The median time in ms of a write of 8 KB with fdatasync in a directory. */
export function measureFsyncMs(folder: string): number {
  const page = Buffer.alloc(8_192);
  const file = openSync(join(folder, 'fsync'), 'w');
  try {
    const times = Array.from({ length: fsyncs }, (_, index) => {
      const startedMs = performance.now();
      writeSync(file, page, 0, page.length, index * page.length);
      fdatasyncSync(file);
      return performance.now() - startedMs;
    });
    return Math.max(0.001, rounded(median(times)));
  } finally {
    closeSync(file);
  }
}
