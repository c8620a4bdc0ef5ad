import { findEventType } from '@currents/schema';
import { z } from 'zod';
import type { EventNames } from './eventNaming.js';

/** Sends to a proxy or a test server instead of the partner's own host. */
export const baseUrlSetting = z
  .url({ protocol: /^https?$/ })
  .refine(isBare, 'expected scheme, host and optionally a path, without user, query or fragment')
  .optional()
  .describe('Sends to this URL instead of the region’s host: a proxy or a test server. The operator has to allow it.');

/** The maximum size of requests, up to the partner's own maximum. */
export function requestBytesSetting(maxBytes: number, defaultBytes: number, note = '') {
  const text = `Maximum bytes of JSON per request, before compression: 100000 to ${maxBytes}.${note}`;
  return z.int().min(100_000).max(maxBytes).default(defaultBytes).describe(text);
}

/**
 * An admin's own event names, for every event type in the destination's `names` except custom events.
 * `name` checks a single name against the partner's rules.
 */
export function eventNamesSetting(label: string, names: EventNames, name: z.ZodType<string>) {
  return z
    .record(z.string(), name)
    .default({})
    .superRefine((renamed, context) => {
      for (const eventType of Object.keys(renamed)) {
        const message = problemOf(eventType, label, names);
        if (message !== undefined) context.addIssue({ code: 'custom', path: [eventType], message });
      }
    })
    .describe(`Names other than the default: event type → name at ${label}. Custom events keep their own names.`);
}

function problemOf(eventType: string, label: string, names: EventNames): string | undefined {
  const known = findEventType(eventType);
  if (known?.name !== eventType) return `"${eventType}" is not an event type of the catalogue`;
  if (known.hasOwnName) return `"${eventType}" cannot be renamed: every custom event keeps its own name`;
  return names[eventType] === undefined ? `"${eventType}" is not sent to ${label}` : undefined;
}

/** The base URL an admin set, or else the partner's host, without a trailing slash. */
export function baseUrlOf(settings: { readonly baseUrl?: string | undefined }, host: string): string {
  return settings.baseUrl?.replace(/\/+$/, '') ?? host;
}

interface RegionSettings<Region extends string> {
  readonly region: Region;
  readonly baseUrl?: string | undefined;
}

/** `Connector.origins` of a partner with hosts by region; `tables` are its APIs. */
export function regionOrigins<Region extends string>(
  tables: readonly Readonly<Partial<Record<Region, string>>>[],
): (settings?: RegionSettings<Region>) => readonly string[] {
  return (settings) => {
    if (settings?.baseUrl !== undefined) return [new URL(settings.baseUrl).origin];
    return tables.flatMap((table) =>
      settings === undefined ? Object.values<string>(table as Record<Region, string>) : (table[settings.region] ?? []),
    );
  };
}

function isBare(text: string): boolean {
  // The URL parser leaves out line breaks, and encodes blanks.
  if (!URL.canParse(text) || /[\s\p{C}]/u.test(text)) return false;
  const url = new URL(text);
  return url.username === '' && url.password === '' && url.search === '' && url.hash === '';
}
