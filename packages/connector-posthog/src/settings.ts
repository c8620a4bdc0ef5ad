import { baseUrlSetting, brazeEventNames, eventNamesSetting, requestBytesSetting } from '@currents/connector';
import { z } from 'zod';

/** The titles of Braze; custom events have a prefix, because `$` and other names have a meaning at PostHog. */
export const eventNames = brazeEventNames('', { 'users.behaviors.CustomEvent': '[Braze Custom Event] ' });
/** PostHog, rust/capture/src/v1: event names have up to 200 characters; those that begin with $ have a meaning. */
const eventName = z.string().trim().min(1).max(200).regex(/^[^$]/, 'names that begin with $ have a meaning at PostHog');

const flag = (usual: boolean, text: string) => z.boolean().default(usual).describe(text);

export const settings = z
  .strictObject({
    region: z.enum(['us', 'eu']).describe('Where the project is. Your own PostHog needs a baseUrl as well.'),
    baseUrl: baseUrlSetting,
    eventNames: eventNamesSetting('PostHog', eventNames, eventName),
    personProfiles: flag(true, 'Whether events have person profiles, as funnels need. PostHog asks less without.'),
    personProperties: z
      .array(z.string().min(1))
      .max(100)
      .default([])
      .describe('Properties set on persons, too ($set).'),
    historicalMigration: flag(false, 'Marks all events as old, for a Current that imports past years.'),
    gzip: flag(true, 'Compresses requests.'),
    requestBytes: requestBytesSetting(20_000_000, 5_000_000),
  })
  .readonly();

/** PostHog, rust/capture/src/token.rs: at most 64 characters of ASCII, and no personal API key. */
const token = z
  .string()
  .trim()
  .regex(/^(?!phx_)[\w.~+/=:-]{1,64}$/, 'expected a project token, no personal key');
export const credentials = z
  .strictObject({ projectToken: token.describe('The project token (Settings, Project, General), phc_….') })
  .readonly();

export type Settings = z.infer<typeof settings>;
export type Credentials = z.infer<typeof credentials>;
