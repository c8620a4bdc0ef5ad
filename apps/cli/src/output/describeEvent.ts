import { fields } from './table.js';
import { time } from './time.js';

interface Named {
  readonly id: string;
  readonly name: string;
}

export interface EventDelivery {
  readonly current: Named;
  readonly status: 'PENDING' | 'DELIVERED' | 'SKIPPED' | 'REJECTED' | 'EXPIRED';
  readonly code: string | null;
  readonly detail: string | null;
  readonly attemptCount: number;
  readonly firstAttemptAt: string | null;
  readonly lastAttemptAt: string | null;
  readonly isReplay: boolean;
  readonly wait: {
    readonly reason: string;
    readonly code: string | null;
    readonly detail: string | null;
    readonly until: string | null;
  } | null;
  readonly deadLetter: {
    readonly id: string;
    readonly verdict: string;
    readonly replayedAt: string | null;
    readonly discardedAt: string | null;
  } | null;
}

/** An event, and what became of it. */
export interface StoredEvent {
  /** As its sender wrote it; null while it is quarantined. */
  readonly event: Readonly<Record<string, unknown>> | null;
  readonly storedAt: string;
  readonly requestPosition: number | null;
  readonly ingestToken: Named | null;
  readonly quarantinedEvent: {
    readonly id: string;
    readonly code: string;
    readonly detail: string;
    readonly eventId: string | null;
    readonly eventType: string | null;
    readonly releasedAt: string | null;
  } | null;
  readonly deliveries: readonly EventDelivery[];
  readonly unselectedCurrents: readonly Named[];
}

/** The whole way of an event, from top to bottom: how it came in, then a paragraph for each Current. */
export function describeEvent({ event, quarantinedEvent, ...stored }: StoredEvent): string {
  const id = textOf(event?.['id']) ?? quarantinedEvent?.eventId ?? 'an event without an id';
  const type = textOf(event?.['event_type']) ?? quarantinedEvent?.eventType;
  const user = (event?.['user'] ?? {}) as Readonly<Record<string, unknown>>;
  const origin = [
    time(stored.storedAt),
    stored.ingestToken && `with the token ${stored.ingestToken.name}`,
    stored.requestPosition !== null && `at position ${stored.requestPosition} of its request`,
  ];
  return [
    `event ${id}`,
    indent(
      fields({
        type,
        user: textOf(user['external_user_id']),
        device: textOf(user['device_id']),
        stored: origin.filter(Boolean).join(', '),
        quarantined: quarantinedEvent && `${quarantinedEvent.code}: ${quarantinedEvent.detail}`,
        released: time(quarantinedEvent?.releasedAt),
        properties: event?.['properties'] === undefined ? undefined : JSON.stringify(event['properties']),
        'not selected by': stored.unselectedCurrents.map(({ name }) => name).join(', '),
      }),
    ),
    ...stored.deliveries.map(describeDelivery),
  ].join('\n');
}

function describeDelivery({ current, wait, deadLetter, ...delivery }: EventDelivery): string {
  return indent(
    [
      `→ ${current.name} (${current.id})${delivery.isReplay ? ', replayed' : ''}: ${delivery.status}`,
      indent(
        fields({
          reason: [delivery.code, delivery.detail].filter(Boolean).join(': '),
          'waits for': wait && [wait.reason, wait.code, wait.detail].filter(Boolean).join(': '),
          until: time(wait?.until),
          attempts: delivery.attemptCount || undefined,
          'last attempt': time(delivery.lastAttemptAt),
          'dead letter': deadLetter && `${deadLetter.id}, ${deadLetter.verdict}`,
          replayed: time(deadLetter?.replayedAt),
          discarded: time(deadLetter?.discardedAt),
        }),
      ),
    ]
      .filter((text) => text.trim() !== '')
      .join('\n'),
  );
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
