import { Option, type Command } from 'commander';
import { confirm } from '../change/confirm.js';
import {
  credentialsVariable,
  readCredentials,
  type CredentialsOptions,
  type CredentialsSchema,
} from '../change/credentials.js';
import { readSettings, type SettingsOptions, type SettingsSchema } from '../change/settings.js';
import { CommandFailure, exitCodes } from '../failure.js';
import { findSegment } from '../hub/findSegment.js';
import { findSync, type SyncDetails } from '../hub/findSync.js';
import type { Hub } from '../hub/hub.js';
import { unwrap, type Problem } from '../hub/unwrap.js';
import { describeSyncPlan, type SyncPlan } from '../output/describeSync.js';
import { segmentDocuments } from '../segmentDocuments.js';
import { asking, type Surroundings } from '../session.js';
import { withExample } from './options.js';

interface SegmentDestination {
  readonly name: string;
  readonly settingsSchema: SettingsSchema;
  readonly credentialsSchema: CredentialsSchema;
}

type Changed = { readonly segmentSync: SyncDetails } | Problem;

/** The commands that state settings or credentials. */
export function addSyncCreation(syncs: Command, surroundings: Surroundings): void {
  withExample(
    withSettings(syncs.command('plan <segment> <destination>')),
    'currents segments sync plan buyers braze --set restEndpoint=https://rest.fra-01.braze.eu --set attribute=currents_buyers',
  )
    .summary('what a first sync would take')
    .description('Says what a first sync would take: users, requests, time and cost. Stores and sends nothing.')
    .option('--example', 'how the entry of one member is sent, which needs the role operator')
    .action(
      asking<SettingsOptions & { readonly example?: boolean }>(
        surroundings,
        async ({ hub, terminal, isJson }, [segmentName = '', destination = ''], { example, ...options }) => {
          const segment = await findSegment(hub, segmentName);
          const { settingsSchema } = await findDestination(hub, destination);
          const settings = readSettings(options, settingsSchema);
          const plan = await planSync(hub, { segmentId: segment.id, destination, settings }, example === true);
          if (isJson) terminal.printJson(plan);
          else terminal.print(describeSyncPlan(plan));
        },
      ),
    );

  withExample(
    withCredentials(withSettings(syncs.command('create <segment> <destination>'))),
    'currents segments sync create buyers braze --set restEndpoint=https://rest.fra-01.braze.eu --set attribute=currents_buyers --credentials-file braze.key',
  )
    .summary('create a sync as a draft, which sends nothing yet')
    .description(
      'Creates a sync of a segment as a draft, which sends nothing before it is launched. Asks to type the name of the segment.',
    )
    .option('--yes', 'confirm without asking')
    .action(
      asking<SettingsOptions & CredentialsOptions>(
        surroundings,
        async (session, [segmentName = '', destination = ''], options) => {
          const { hub, terminal, isJson } = session;
          const segment = await findSegment(hub, segmentName);
          const { settingsSchema, credentialsSchema } = await findDestination(hub, destination);
          const settings = readSettings(options, settingsSchema);
          const credentials = await readCredentials(surroundings, session, options, credentialsSchema);
          await confirm(
            session,
            `Creates a sync of the segment ${segment.name} (${segment.id}) to ${destination}, with the settings ${JSON.stringify(settings)}. It is a draft: nothing is sent before it is launched.`,
            segment.name,
          );
          const { change } = await hub.ask<{ change: Changed }>(segmentDocuments.create, {
            input: { segmentId: segment.id, destination, settings, credentials },
          });
          const { segmentSync } = unwrap(change);
          if (isJson) terminal.printJson(segmentSync);
          else
            terminal.print(`${segmentSync.id} is created: currents segments sync launch ${segmentSync.id} starts it`);
        },
      ),
    );

  withExample(
    withCredentials(syncs.command('update <sync>')),
    'currents segments sync update ssy_1 --credentials-file braze.key',
  )
    .summary('replace the credentials of a sync')
    .description(
      'Replaces the credentials of a sync; the former ones are gone. A blocked sync is probed with them at once. Asks to type its name.',
    )
    .option('--yes', 'confirm without asking')
    .action(
      asking<CredentialsOptions>(surroundings, async (session, [name = ''], options) => {
        const { hub, terminal, isJson } = session;
        const { id, objectName, destination, state } = await findSync(hub, name);
        const { credentialsSchema } = await findDestination(hub, destination);
        const credentials = await readCredentials(surroundings, session, options, credentialsSchema);
        const plan = `Replaces the credentials of ${objectName} (${id}, ${state}); the former ones are gone.`;
        await confirm(session, plan, objectName);
        const { change } = await hub.ask<{ change: Changed }>(segmentDocuments.update, {
          input: { id, credentials, confirmName: objectName },
        });
        const { segmentSync } = unwrap(change);
        if (isJson) terminal.printJson(segmentSync);
        else terminal.print(`${objectName} has other credentials, and is ${segmentSync.state}`);
      }),
    );
}

/** @param input what a plan is made for; throws `CommandFailure` when the hub refuses it. */
export async function planSync(hub: Hub, input: object, hasExample = false): Promise<SyncPlan> {
  const document = hasExample ? segmentDocuments.planWithExample : segmentDocuments.plan;
  const { segmentSyncPlan } = await hub.ask<{ segmentSyncPlan: SyncPlan | Problem }>(document, { input });
  return unwrap(segmentSyncPlan);
}

async function findDestination(hub: Hub, name: string): Promise<SegmentDestination> {
  const { segmentDestinations } = await hub.ask<{ segmentDestinations: readonly SegmentDestination[] }>(
    segmentDocuments.destinations,
  );
  const found = segmentDestinations.find((destination) => destination.name === name);
  if (found) return found;
  throw new CommandFailure(
    `expected a destination of segments (${segmentDestinations.map((each) => each.name).join(', ')}), got "${name}"`,
    exitCodes.negative,
  );
}

function withSettings(command: Command): Command {
  const collect = (pair: string, former: readonly string[] | undefined): readonly string[] => [...(former ?? []), pair];
  return command
    .option('--settings <file>', 'file with the settings of the destination as JSON')
    .addOption(
      new Option('--set <name=value>', 'a setting, before those of the file; may be given several times').argParser(
        collect,
      ),
    );
}

function withCredentials(command: Command): Command {
  return command.option(
    '--credentials-file <file>',
    `file with the credentials as JSON, or with the one that there is, or - for standard input (instead of the variable ${credentialsVariable})`,
  );
}
