import type { QueryCosts } from '../costs.js';

export type Admission = ReturnType<typeof createAdmission>;

/** The share of a query in what all queries of this process may cost at once. */
export interface Ticket {
  /** Resolves to true once the query may be executed; to false if too many wait, or it waited too long. */
  enter(cost: number): Promise<boolean>;
  /** Gives back what it took, now or as soon as it is taken. May be called again. */
  leave(): void;
  /** What the query costs, once it is executed. */
  readonly cost: number;
}

/** A weighted semaphore: queries wait, in order of arrival, while those under way cost too much together. */
export function createAdmission({ maxCostAtOnce, maxWaiting, maxWaitMs }: QueryCosts) {
  interface Waiting {
    readonly cost: number;
    readonly admit: (isAdmitted: boolean) => void;
  }
  const queue: Waiting[] = [];
  let used = 0;

  function admitNext(): void {
    for (let next = queue[0]; next && used + next.cost <= maxCostAtOnce; next = queue[0]) {
      queue.shift();
      used += next.cost;
      next.admit(true);
    }
  }

  function wait(cost: number): Promise<boolean> {
    return new Promise((resolve) => {
      const giveUp = (): void => {
        queue.splice(queue.indexOf(waiting), 1);
        waiting.admit(false);
        admitNext();
      };
      const timer = setTimeout(giveUp, maxWaitMs);
      const waiting: Waiting = {
        cost,
        admit: (isAdmitted) => {
          clearTimeout(timer);
          resolve(isAdmitted);
        },
      };
      queue.push(waiting);
    });
  }

  return {
    /** The cost of the queries under way. */
    get usedCost() {
      return used;
    },
    open(): Ticket {
      let held = 0;
      let admittedCost = 0;
      let hasLeft = false;
      const leave = (): void => {
        hasLeft = true;
        used -= held;
        held = 0;
        admitNext();
      };
      return {
        async enter(cost) {
          if (queue.length === 0 && used + cost <= maxCostAtOnce) used += cost;
          else if (queue.length >= maxWaiting || !(await wait(cost))) return false;
          held = admittedCost = cost;
          if (hasLeft) leave();
          return true;
        },
        leave,
        get cost() {
          return admittedCost;
        },
      };
    },
  };
}
