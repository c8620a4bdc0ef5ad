import { randomUUID } from 'node:crypto';

/** An event as the platform sends it, with a unique id. */
export function event(more: Readonly<Record<string, unknown>> = {}): { readonly id: string } & Record<string, unknown> {
  const id = randomUUID();
  return {
    event_type: 'users.messages.email.Open',
    id,
    time: 1_750_000_000,
    user: {
      user_id: '65a1f0c2d4e5f60718293a4b',
      external_user_id: `customer-${id.slice(0, 3)}`,
      timezone: 'Europe/Paris',
    },
    properties: {
      campaign_id: '62f1c0de',
      campaign_name: 'Spring',
      email_address: 'someone@example.com',
      user_agent: 'Mozilla/5.0',
    },
    ...more,
  };
}

export function events(count: number, more: Readonly<Record<string, unknown>> = {}): ReturnType<typeof event>[] {
  return Array.from({ length: count }, () => event(more));
}

/** A future time, which Mixpanel refuses and `map` cannot check without a clock. */
export function tomorrow(): number {
  return Math.floor(Date.now() / 1000) + 86_400;
}
