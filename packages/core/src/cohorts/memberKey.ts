import type { Member } from '@currents/connector';

/**
 * A member as text, as sets store it: a letter for the type of id, then the id. For an alias: its label, a unit
 * separator and its name.
 */
export type MemberKey = string;

const separator = '\u001f';
/** An index entry of Postgres holds at most 2,704 bytes, and a character takes up to four. */
const maxLength = 600;

export function memberKey(member: Member): MemberKey {
  if ('externalId' in member) return `e${member.externalId}`;
  if ('deviceId' in member) return `d${member.deviceId}`;
  return `a${member.alias.label}${separator}${member.alias.name}`;
}

/** Parses a key. */
export function memberOf(key: MemberKey): Member {
  const id = key.slice(1);
  if (key[0] === 'e') return { externalId: id };
  if (key[0] === 'd') return { deviceId: id };
  const end = id.indexOf(separator);
  return { alias: { label: id.slice(0, end), name: id.slice(end + 1) } };
}

/** Why a member cannot be stored, as a code; undefined if it can. */
export function memberFault(member: Member): 'no_id' | 'id_too_long' | 'id_not_text' | undefined {
  const id = 'externalId' in member ? member.externalId : 'deviceId' in member ? member.deviceId : member.alias.name;
  if (id === '') return 'no_id';
  const label = 'alias' in member ? member.alias.label : '';
  if (id.length + label.length > maxLength) return 'id_too_long';
  // Postgres stores neither NUL nor lone surrogates.
  if (id.includes('\0') || !id.isWellFormed()) return 'id_not_text';
  if (label !== '' && (label.includes('\0') || label.includes(separator) || !label.isWellFormed()))
    return 'id_not_text';
  return undefined;
}
