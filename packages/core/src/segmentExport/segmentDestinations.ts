import type { Admin } from '../admin/admin.js';
import { jsonSchemaOf } from '../currents/destinations.js';

/** The destinations that hold segments, with everything that a form for them needs. */
export function listSegmentDestinations({ segmentExports }: Pick<Admin, 'segmentExports'>) {
  return [...segmentExports.values()].map(
    ({ name, label, settings, credentials, reasons, nameSetting, suggestName }) => ({
      name,
      label,
      /** JSON Schema, descriptions included. */
      settingsSchema: jsonSchemaOf(settings),
      credentialsSchema: jsonSchemaOf(credentials),
      /** Why a member may be refused before it is sent. */
      reasons: Object.entries(reasons).map(([code, description]) => ({ code, description })),
      /** The setting that names what holds a segment. */
      nameSetting,
      suggestName,
    }),
  );
}
