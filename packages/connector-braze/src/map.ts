import type { ExportMapResult, Member } from '@currents/connector';
import type { Settings } from './settings.js';

/** One element of `attributes` in a request to `/users/track`. */
export type UserAttributes = Readonly<Record<string, unknown>>;

/** Braze, Track users: an external id has at most 987 bytes. */
const maxExternalIdBytes = 987;

export const reasons = {
  device_id_only: 'The member is known by a device id, and /users/track takes external ids and aliases only.',
  external_id_too_long: `The external id has more than ${maxExternalIdBytes} bytes.`,
  external_id_blank: 'The external id is blank.',
  alias_without_label: 'The alias has no label, which Braze needs.',
} as const;

/** Sets the attribute of one user. Nothing else of a profile is touched, so there are no email addresses here. */
export function map(member: Member, isMember: boolean, settings: Settings): ExportMapResult<UserAttributes> {
  const user = identityOf(member);
  if ('reject' in user) return user;
  return {
    payload: {
      ...user,
      // Written out: aliases need an explicit false, and external ids an explicit true (Braze, User attributes object).
      _update_existing_only: !(isMember && settings.unknownUsers === 'create'),
      [settings.attribute]: isMember ? true : settings.afterLeaving === 'blank' ? null : false,
    },
  };
}

type Identity =
  | { readonly external_id: string }
  | { readonly user_alias: { readonly alias_name: string; readonly alias_label: string } }
  | Extract<ExportMapResult<never>, { readonly reject: string }>;

/** Exactly one identifier: Braze refuses an object with two. */
function identityOf(member: Member): Identity {
  if ('deviceId' in member) return reject('device_id_only');
  if ('alias' in member) {
    const { name, label } = member.alias;
    return label === '' ? reject('alias_without_label') : { user_alias: { alias_name: name, alias_label: label } };
  }
  const { externalId } = member;
  if (externalId.trim() === '') return reject('external_id_blank');
  return Buffer.byteLength(externalId) > maxExternalIdBytes
    ? reject('external_id_too_long')
    : { external_id: externalId };
}

function reject(code: keyof typeof reasons) {
  return { reject: code, detail: reasons[code] };
}
