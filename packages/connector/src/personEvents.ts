import type { CatalogueEvent } from '@currents/schema';
import type { EventNames, EventNaming } from './eventNaming.js';
import { isGiven } from './placeholderIds.js';

interface PersonRules {
  readonly label: string;
  readonly naming: EventNaming;
  /** Whether the partner takes an id for no user. */
  isPlaceholder(id: string): boolean;
  /** Of ids and of names. */
  readonly maxCharacters: number;
}

/** Who did what, by the partner's words, or why the event is not sent. */
export type PersonEvent =
  | { readonly name: string; readonly userId: string }
  | { readonly skip: string }
  | { readonly reject: string; readonly detail: string };

/** 2101-01-01 UTC in Unix seconds. */
const endSecond = 4_133_980_800;

/** The checks of a partner that knows users by their external ids alone, and the reasons that they give. */
export function personEvents({ label, naming, isPlaceholder, maxCharacters }: PersonRules) {
  const idTooLong = {
    reject: 'distinct_id_too_long',
    detail: `external_user_id: expected at most ${maxCharacters} characters`,
  };
  const nameTooLong = {
    reject: 'event_name_too_long',
    detail: `name: expected at most ${maxCharacters} characters`,
  };
  const notAllowed = { reject: 'distinct_id_not_allowed', detail: 'external_user_id: expected the id of one user' };
  const outOfRange = { reject: 'time_out_of_range', detail: 'time: expected Unix seconds of the years 1970 to 2100' };
  return {
    reasons: {
      event_type_not_taken: 'Braze sends events of this type to no analytics.',
      no_external_user_id: `The event has no external user id, and events of unknown users are not sent to ${label}.`,
      distinct_id_not_allowed: `The external user id is one that ${label} takes for no user, such as "null".`,
      distinct_id_too_long: `The external user id has more than the ${maxCharacters} characters that ${label} keeps, so that users would be mixed up.`,
      event_name_too_long: `The name of the custom event has more than the ${maxCharacters} characters that ${label} keeps.`,
      time_out_of_range:
        'The event is dated before 1970 or after 2100: its time is not in seconds, or a clock was wrong.',
    },
    /** @param renamed names that an admin has chosen, by event type. */
    read(event: CatalogueEvent, renamed: EventNames): PersonEvent {
      const name = naming.nameFor(event, renamed);
      const userId = event.user.external_user_id;
      if (name === undefined) return { skip: 'event_type_not_taken' };
      if (!isGiven(userId)) return { skip: 'no_external_user_id' };
      if (isPlaceholder(userId)) return notAllowed;
      if (userId.length > maxCharacters) return idTooLong;
      if (name.length > maxCharacters) return nameTooLong;
      return event.time < 0 || event.time >= endSecond ? outOfRange : { name, userId };
    },
  };
}
