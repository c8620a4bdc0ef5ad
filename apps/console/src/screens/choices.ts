import { graphql, type ResultOf } from '../hub/graphql.js';

/** What a Current can be made of, with how many events of each type came in the last day. */
export const choicesQuery = graphql(`
  query CurrentChoices {
    destinations {
      name
      label
      settingsSchema
      credentialsSchema
      supportedEventTypes {
        eventTypeName
      }
    }
    catalogue {
      name
      label
      description
      channels {
        key
        label
        description
        eventTypes {
          name
          title
          description
          isDeprecated
        }
      }
    }
    ingestCounts(groupBy: [EVENT_TYPE]) {
      eventType
      accepted
    }
  }
`);

export type Choices = ResultOf<typeof choicesQuery>;

/** The event types that a destination supports; none when this hub does not know it. */
export function supportedBy({ destinations }: Choices, name: string): ReadonlySet<string> {
  const destination = destinations.find((known) => known.name === name);
  return new Set(destination?.supportedEventTypes.map(({ eventTypeName }) => eventTypeName));
}

/** Events of each type in the last day. */
export function lastDayOf({ ingestCounts }: Choices): ReadonlyMap<string, number> {
  return new Map(ingestCounts.map(({ eventType, accepted }) => [eventType ?? '', accepted]));
}
