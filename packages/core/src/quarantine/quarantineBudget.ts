import type { Writer } from '../db/writer.js';

export interface QuarantineBudgetOptions {
  /** Bytes of bodies that the quarantine of the hub keeps, as they are stored. */
  readonly maxBytes: number;
  /** Called when events were quarantined without their bodies. */
  readonly onOverBudget: (tokenId: number, events: number) => void;
}

export type QuarantineBudget = ReturnType<ReturnType<typeof openQuarantineBudgets>['openGroup']>;

/** Other processes write too; by so much time this one may be behind them. */
const refreshMs = 5_000;

/**
 * The bytes that the quarantine may still take. A token may use as many as are free, so one alone gets half of the
 * budget, two get a third each, and there is always room for one that has used little: dynamic thresholds (Choudhury
 * and Hahne, 1998).
 */
export function openQuarantineBudgets(writer: Writer, maxBytes: number) {
  let used = new Map<number, number>();
  let refreshedMs = -Infinity;

  const sumOf = (bytes: ReadonlyMap<number, number>): number =>
    [...bytes.values()].reduce((sum, each) => sum + each, 0);

  return {
    /** Reads what is used, unless that was done a moment ago. Rejects when the database does not answer. */
    async refresh(): Promise<void> {
      if (performance.now() - refreshedMs < refreshMs) return;
      const rows = await writer.run<{ token_id: number; bytes: string }>({
        name: 'quarantine usage',
        text: 'select token_id, sum(bytes) as bytes from quarantine_usage group by token_id',
      });
      refreshedMs = performance.now();
      used = new Map(rows.map(({ token_id, bytes }) => [token_id, Number(bytes)]));
    },
    /** The budget for requests that are stored together. What it reserves counts once `commit` is called. */
    openGroup() {
      const reserved = new Map<number, number>();
      const ofToken = (tokenId: number): number => (used.get(tokenId) ?? 0) + (reserved.get(tokenId) ?? 0);
      const hasRoom = (tokenId: number, bytes: number): boolean =>
        ofToken(tokenId) + bytes <= maxBytes - sumOf(used) - sumOf(reserved) - bytes;
      return {
        hasRoom,
        /** Returns the content when there is room for it. */
        reserve(tokenId: number, content: Buffer): Buffer | undefined {
          if (!hasRoom(tokenId, content.length)) return undefined;
          reserved.set(tokenId, (reserved.get(tokenId) ?? 0) + content.length);
          return content;
        },
        commit(): void {
          for (const [tokenId, bytes] of reserved) used.set(tokenId, (used.get(tokenId) ?? 0) + bytes);
        },
      };
    },
  };
}
