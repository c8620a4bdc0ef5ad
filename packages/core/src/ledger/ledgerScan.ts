import type { Logger } from 'pino';
import type { Sql } from '../db/connect.js';
import type { Sweeps } from '../sweeps.js';
import { claimScanStep, endScanRound, isScanDue, saveScanStep } from './saveScan.js';
import { readScanStep, type FoundMismatch, type ScannedPart, type ScanProgress } from './scanStep.js';

interface LedgerScanDeps {
  readonly sql: Sql;
  readonly log: Logger;
  readonly sweeps: Sweeps;
}

/** A step takes milliseconds; a worker that needs longer than this has died. */
const leaseMs = 60_000;
/** After a step comes a rest so many times as long, so that the scan takes 1 % of one core at most. */
const restFactor = 99;
const maxRestMs = 60_000;

/**
 * Checks the ledgers of all Currents in the background: day by day, in steps that one of the workers takes under a lease,
 * and at most once an hour. What differs becomes a row of `ledger_difference`, which ends by itself when it is right again.
 */
export function startLedgerScan({ sql, log, sweeps }: LedgerScanDeps) {
  return sweeps.add({
    event: 'ledger_scan.failed',
    isDue: () => isScanDue,
    task: () => runScanStep({ sql, log }),
  });
}

/** Takes the step that is due, if one is. */
export async function runScanStep({ sql, log }: Pick<LedgerScanDeps, 'sql' | 'log'>): Promise<void> {
  const claimed = await claimScanStep(sql, leaseMs);
  if (!claimed) return;
  const startedMs = performance.now();
  const part = await readTwice(sql, claimed.progress);
  const restMs = Math.min((performance.now() - startedMs) * restFactor, maxRestMs);
  if (!part) return endScanRound(sql, claimed.lease, restMs);
  const isSaved = await saveScanStep(sql, claimed.lease, part, restMs);
  if (isSaved && part.found.length > 0)
    log.error(
      { event: 'ledger.differs', day: part.next.day, differences: part.found.length, first: part.found[0] },
      'the ledger differs from what is stored; see ledgerDifferences',
    );
}

/** What differs is read once more in a later snapshot, and counts only if it differs there as well. */
async function readTwice(sql: Sql, progress: ScanProgress | undefined): Promise<ScannedPart | undefined> {
  const part = await readScanStep(sql, progress);
  if (!part || part.found.length === 0) return part;
  const again = await readScanStep(sql, progress);
  // The day was dropped meanwhile; the next step sees what is left.
  if (again?.next.day !== part.next.day) return { ...part, found: [] };
  const before = new Set(part.found.map(nameOf));
  const skipped = part.skippedCurrents && [...part.skippedCurrents, ...(again.skippedCurrents ?? [])];
  return { ...part, found: again.found.filter((each) => before.has(nameOf(each))), skippedCurrents: skipped };
}

function nameOf({ currentId, deliveryId, quantity, code }: FoundMismatch): string {
  return `${currentId} ${deliveryId} ${quantity} ${code}`;
}
