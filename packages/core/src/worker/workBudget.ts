export interface WorkBudgetOptions {
  /** Events that all loops together hold between their claim and its record. */
  readonly events: number;
  /** Bytes of their batches, decompressed. Beyond it, only the least claims are made. */
  readonly bytes: number;
  /** Claims that are made, read and mapped at once; the others wait in order of arrival. */
  readonly claims: number;
}

export type WorkBudget = ReturnType<typeof createWorkBudget>;
export type Work = Awaited<ReturnType<WorkBudget['begin']>>;

/** A claim gets this share of what is free at most, so that no Current takes all of it. */
const shareOfFree = 0.25;
/** Every Current may hold so many events, whatever others hold: their partners may be slow to answer. */
const leastEvents = 25;

/**
 * Bounds the memory of a worker by the work of all its loops, not by loops × requests: a weighted semaphore for events
 * and bytes under way, and turns, first come first served, for the part of an attempt before its first request. A loop
 * that waits for its turn has claimed nothing: the longer it waits, the more it claims, so a thousand busy Currents make
 * few, large requests. A loop that waits for its partner holds no turn.
 */
export function createWorkBudget({ events, bytes, claims }: WorkBudgetOptions) {
  let freeEvents = events;
  let freeBytes = bytes;
  let freeTurns = claims;
  const waiting: (() => void)[] = [];

  function giveTurn(): void {
    const next = waiting.shift();
    if (next) next();
    else freeTurns++;
  }

  return {
    /** Resolves when it is this work's turn. `end` it in any case. */
    async begin(wantedEvents: number) {
      if (freeTurns > 0) freeTurns--;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      const share = freeBytes > 0 ? Math.floor(freeEvents * shareOfFree) : 0;
      const maxEvents = Math.min(wantedEvents, Math.max(leastEvents, share));
      let heldEvents = maxEvents;
      let heldBytes = 0;
      let hasTurn = true;
      freeEvents -= heldEvents;

      function endTurn(): void {
        if (hasTurn) giveTurn();
        hasTurn = false;
      }

      return {
        /** The most events to claim. */
        maxEvents,
        /** So many events were claimed, with batches of so many bytes. */
        holds(claimedEvents: number, batchBytes: number): void {
          freeEvents += heldEvents - claimedEvents;
          heldEvents = claimedEvents;
          freeBytes -= batchBytes;
          heldBytes += batchBytes;
        },
        /** The events are mapped; their batches are let go. */
        endTurn,
        /** Nothing of it is held any longer. May be called again. */
        end(): void {
          endTurn();
          freeEvents += heldEvents;
          freeBytes += heldBytes;
          heldEvents = heldBytes = 0;
        },
      };
    },
  };
}
