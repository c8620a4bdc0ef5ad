import type { AdminRole as Role } from '@currents/core';
import type { GraphQLField, GraphQLInputField } from 'graphql';
import { Extensions } from 'type-graphql';
import { storedEnumOf } from './enum.js';

export const AdminRole = storedEnumOf<Role>(
  'AdminRole',
  'What an admin token may do. Each role may do all that those before it may; the description of a field names the role that it needs.',
  {
    viewer: 'Reads everything but personal data and addresses of webhooks: states, counts, settings, names of tokens.',
    operator:
      'Also reads events, members and user profiles, and creates, updates, launches, pauses, replays and releases.',
    admin: 'Also manages tokens, keys and partners, and deletes.',
  },
);

/**
 * States the role that a field needs. Every query and mutation has one, and so has each field of a type that holds personal
 * data, wherever it is reached from, and each field of an input that asks for a user: what is found tells about them.
 * Checked before anything is resolved: see `checkRoles`.
 */
export const RequiresRole = (role: Role): PropertyDecorator & MethodDecorator => Extensions({ role });

/** The role that a field needs by itself; undefined where the field is as readable as its object. */
export function requiredRole(
  field: Pick<GraphQLField<unknown, unknown> | GraphQLInputField, 'extensions'>,
): Role | undefined {
  return field.extensions['role'] as Role | undefined;
}
