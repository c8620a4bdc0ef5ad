/** Why an event is pending, and until when if that is known. */
export interface DeliveryWait {
  readonly reason: WaitReason;
  readonly code: string | undefined;
  readonly detail: string | undefined;
  readonly until: Date | undefined;
}

export type WaitReason =
  'paused' | 'blocked' | 'current_deferred' | 'key_throttled' | 'event_deferred' | 'in_flight' | 'due';

/** What a pending event of a delivery may wait for, as a statement reads it. */
export interface WaitRow {
  readonly dueAt: string | Date;
  /** Whether that is later than now, by Postgres. */
  readonly isDueLater: boolean;
  readonly isInFlight: boolean;
  readonly deferral: {
    readonly dueAtMs: number;
    readonly code: string;
    readonly detail: string;
    readonly isOfKey: boolean;
  } | null;
  readonly currentState: string;
  readonly blockedCode: string | null;
  readonly blockedDetail: string | null;
  readonly probeAt: string | Date | null;
  readonly isCurrentDeferred: boolean;
  readonly currentDeferralUntil: string | Date | null;
  readonly currentDeferralCode: string | null;
  readonly currentDeferralDetail: string | null;
}

/** What keeps the whole Current comes first: it ends later than what keeps the event, or hides it. */
export function waitOf(row: WaitRow): DeliveryWait {
  const { deferral, currentState } = row;
  if (currentState === 'paused') return wait('paused', null, null, undefined);
  if (currentState === 'blocked') return wait('blocked', row.blockedCode, row.blockedDetail, instantOf(row.probeAt));
  if (row.isCurrentDeferred) {
    const until = instantOf(row.currentDeferralUntil);
    return wait('current_deferred', row.currentDeferralCode, row.currentDeferralDetail, until);
  }
  if (row.isInFlight) return wait('in_flight', null, null, undefined);
  if (deferral)
    return wait(
      deferral.isOfKey ? 'key_throttled' : 'event_deferred',
      deferral.code,
      deferral.detail,
      new Date(deferral.dueAtMs),
    );
  return wait('due', null, null, row.isDueLater ? instantOf(row.dueAt) : undefined);
}

function wait(reason: WaitReason, code: string | null, detail: string | null, until: Date | undefined): DeliveryWait {
  return { reason, code: code ?? undefined, detail: detail ?? undefined, until };
}

export function instantOf(instant: string | Date | null | undefined): Date | undefined {
  return instant == null ? undefined : new Date(instant);
}
