import { randomUUID } from 'node:crypto';
import type { EventQuestion } from '@currents/core';
import type { AdminClient } from '../../hub/adminClient.js';
import type { Sampler, SampledEvent } from './sampler.js';

/** A look-up, and what is wrong with its answer; undefined when nothing is. */
export interface Question {
  readonly question: EventQuestion;
  ask(admin: Pick<AdminClient, 'ask'>): Promise<() => string | undefined>;
}

interface Node {
  readonly storedAt: string;
  readonly event: SampledEvent['event'] | null;
  readonly deliveries: readonly { readonly status: string }[];
}

const nodeFields = 'storedAt event deliveries { status }';
const eventQuery = `query ($id: String!) {
  event(eventId: $id) { __typename ... on StoredEvent { ${nodeFields} } ... on EventNotFound { unsearchedDays } } }`;
const eventsQuery = `query ($filter: StoredEventFilter!) {
  events(filter: $filter) { nodes { ${nodeFields} } pageInfo { hasNextPage } unsearchedDays } }`;

/** The kinds of look-ups; each call makes a new one. */
export const questions: Readonly<Record<string, (sampler: Sampler) => Promise<Question>>> = {
  'event, old': async ({ old }) => aboutEvent(await old(), true),
  'event, new': async ({ newest }) => aboutEvent(await newest(), false),
  'event, absent': () => Promise.resolve(aboutNoEvent(randomUUID())),
  'user, last page': async ({ old }) => aboutUser('externalUserId', (await old()).event.user.external_user_id),
  'user, at a time': async ({ old }) => aboutTime(await old()),
  'user, absent': () => Promise.resolve(aboutNobody('externalUserId', `nobody-${randomUUID()}`)),
  'device, last page': async ({ old }) => aboutUser('deviceId', (await old()).event.user.device_id),
  'device, absent': () => Promise.resolve(aboutNobody('deviceId', randomUUID())),
};

type EventAnswer = { readonly __typename: string } & Partial<Node> & { readonly unsearchedDays?: readonly string[] };

async function askEvent(admin: Pick<AdminClient, 'ask'>, id: string): Promise<EventAnswer> {
  return (await admin.ask<{ event: EventAnswer }>(eventQuery, { id })).event;
}

/** @param isDelivered whether it has long been delivered. */
function aboutEvent({ event, storedAt }: SampledEvent, isDelivered: boolean): Question {
  const { id } = event;
  return {
    question: { kind: 'eventId', id },
    async ask(admin) {
      const answer = await askEvent(admin, id);
      return () => {
        if (answer.event?.id !== id) return `expected event ${id}, got ${answer.__typename} ${answer.event?.id ?? ''}`;
        if (Date.parse(answer.storedAt ?? '') !== storedAt.getTime())
          return `expected event ${id} of ${storedAt.toISOString()}, got ${answer.storedAt}`;
        const statuses = (answer.deliveries ?? []).map(({ status }) => status).join(', ');
        const isRight = statuses === 'DELIVERED' || (!isDelivered && statuses === 'PENDING');
        return isRight ? undefined : `expected one delivery of event ${id}, DELIVERED, got ${statuses || 'none'}`;
      };
    },
  };
}

function aboutNoEvent(id: string): Question {
  return {
    question: { kind: 'eventId', id },
    async ask(admin) {
      const answer = await askEvent(admin, id);
      const isRight = answer.__typename === 'EventNotFound' && answer.unsearchedDays?.length === 0;
      return () => (isRight ? undefined : `expected EventNotFound, got ${JSON.stringify(answer)}`);
    },
  };
}

interface Page {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean };
  readonly unsearchedDays: readonly string[];
}

async function askEvents(admin: Pick<AdminClient, 'ask'>, { kind, id, from, to }: EventQuestion): Promise<Page> {
  return (await admin.ask<{ events: Page }>(eventsQuery, { filter: { [kind]: id, from, to } })).events;
}

type UserKind = 'externalUserId' | 'deviceId';
const fields = { externalUserId: 'external_user_id', deviceId: 'device_id' } as const;

function aboutUser(kind: UserKind, id: string): Question {
  const question = { kind, id };
  return {
    question,
    async ask(admin) {
      const { nodes } = await askEvents(admin, question);
      return () => {
        if (nodes.length === 0) return `expected events of ${id}, got none`;
        const other = nodes.find(({ event }) => event?.user[fields[kind]] !== id);
        if (other) return `expected only events of ${id}, got one of ${other.event?.user[fields[kind]]}`;
        const days = nodes.map(({ storedAt }) => storedAt.slice(0, 10));
        const isInOrder = days.every((day, index) => index === 0 || day <= (days[index - 1] as string));
        return isInOrder ? undefined : `expected the newest day first, got ${days.join(', ')}`;
      };
    },
  };
}

function aboutTime({ event, storedAt }: SampledEvent): Question {
  const { id, user } = event;
  const to = new Date(storedAt.getTime() + 1);
  const question = { kind: 'externalUserId', id: user.external_user_id, from: storedAt, to } as const;
  return {
    question,
    async ask(admin) {
      const { nodes, pageInfo } = await askEvents(admin, question);
      const isRight = nodes.some((node) => node.event?.id === id) || pageInfo.hasNextPage;
      return () => (isRight ? undefined : `expected event ${id} of ${question.id}, got ${nodes.length} other events`);
    },
  };
}

function aboutNobody(kind: UserKind, id: string): Question {
  const question = { kind, id };
  return {
    question,
    async ask(admin) {
      const { nodes, pageInfo, unsearchedDays } = await askEvents(admin, question);
      const isRight = nodes.length + unsearchedDays.length === 0 && !pageInfo.hasNextPage;
      return () => (isRight ? undefined : `expected no event of ${id}, got ${nodes.length}`);
    },
  };
}
