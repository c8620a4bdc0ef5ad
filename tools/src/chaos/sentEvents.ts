/** What was sent, and what the hub's answers say of it. */
export interface SentEvents {
  /** The user of each event that the hub has taken, by id, in the order of sending of each user. */
  readonly users: Map<string, string>;
  /** Ids of all events that were put into a request. */
  readonly ids: Set<string>;
  /** The type of each good event, by id. */
  readonly types: Map<string, string>;
  /** Events that the answers call accepted, and quarantined. */
  accepted: number;
  quarantined: number;
  /** Answers that differ from what a request must be answered. */
  readonly wrongAnswers: string[];
}

export function createSentEvents(): SentEvents {
  return { users: new Map(), ids: new Set(), types: new Map(), accepted: 0, quarantined: 0, wrongAnswers: [] };
}
