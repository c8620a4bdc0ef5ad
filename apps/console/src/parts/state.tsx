const tones: Readonly<Record<string, string>> = {
  ...{
    LIVE: 'good',
    DONE: 'good',
    FRESH: 'good',
    APPLIED: 'good',
    DELIVERED: 'good',
    VALID: 'good',
    ACCEPTED: 'good',
    SENT: 'good',
  },
  ...{ BLOCKED: 'bad', FAILED: 'bad', CRITICAL: 'bad', STALE: 'bad', REJECTED: 'bad', REVOKED: 'bad' },
  ...{ PAUSED: 'warn', WARNING: 'warn', EXPIRED: 'warn', OVERDUE: 'warn', RETRYING: 'warn', STALLED: 'warn' },
  ...{ QUARANTINED: 'bad', PENDING: 'warn', MUTED: 'warn', NO_RECIPIENT: 'bad' },
};

/** A state as a word and a colour; the word alone says it all. */
export function State({ value }: { readonly value: string }) {
  return <span className={`state ${tones[value] ?? 'plain'}`}>{words(value)}</span>;
}

/** An enum value for people: NEEDS_REPAIR → Needs repair. */
export function words(value: string): string {
  const text = value.replaceAll('_', ' ').toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}
