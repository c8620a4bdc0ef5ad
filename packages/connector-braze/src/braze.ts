import { baseUrlOf, type SegmentExport } from '@currents/connector';
import { suggestName } from './attributeName.js';
import { hosts } from './hosts.js';
import { limits } from './limits.js';
import { map, reasons, type UserAttributes } from './map.js';
import { send, test } from './send.js';
import { credentials, settings, type Credentials, type Settings } from './settings.js';

/** Holds the members of a segment in Braze, as a custom attribute of their profiles. */
export const braze: SegmentExport<Settings, Credentials, UserAttributes> = {
  name: 'braze',
  label: 'Braze',
  settings,
  credentials,
  reasons,
  origins: (given) => (given === undefined ? hosts : [new URL(baseUrlOf(given, given.restEndpoint)).origin]),
  // Neither settings nor keys say which workspace of an instance is meant, so a name is used once per instance.
  objectOf: (given) => ({ account: baseUrlOf(given, given.restEndpoint), name: given.attribute }),
  nameSetting: 'attribute',
  suggestName,
  map,
  limits,
  send,
  test,
};
