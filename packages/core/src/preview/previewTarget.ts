import type { Connector } from '@currents/connector';
import type { Selection } from '@currents/schema';
import type { Admin } from '../admin/admin.js';
import {
  currentNotFound,
  fieldProblem,
  inputInvalid,
  type CurrentNotFound,
  type CurrentWrongState,
  type InputInvalid,
} from '../admin/problem.js';
import { findCurrent, type CurrentRow } from '../currents/currents.js';
import { problemsIn } from '../currents/createCurrent.js';
import { findConnector } from '../currents/destinations.js';
import { checkSelectionFor } from '../currents/selections.js';
import { checkSettings, mergePatch, type Settings } from '../currents/settings.js';
import { noConnector, wrongState, type CurrentNotReady } from '../currents/transitions.js';
import { checkFieldRules } from '../currents/checkFieldRules.js';
import { readFieldRules, type FieldRules } from '../fieldRules/fieldRule.js';
import { withFieldRules } from '../fieldRules/withFieldRules.js';
import { fieldRulesUnreadable, openCredentials } from '../loadCurrent.js';

/** A Current, with changes that are not stored; or a draft that is nowhere stored. */
export interface PreviewOf {
  readonly currentId?: string | undefined;
  /** Of a draft. */
  readonly destination?: string | undefined;
  /** Merged into those of the Current by RFC 7396. */
  readonly settings?: unknown;
  /** In place of that of the Current; a draft without one carries everything. */
  readonly selection?: Selection | undefined;
  /** In place of those of the Current; a draft without them has none. */
  readonly fieldRules?: FieldRules | undefined;
}

export interface PreviewTarget {
  readonly draft: PreviewRules;
  /** What is stored; undefined for a draft. */
  readonly stored: PreviewRules | undefined;
  /** The form of the Current's credentials; undefined when there are none that can be opened. */
  readonly credentials: unknown;
}

/** What decides over an event. */
export interface PreviewRules {
  /** With the field rules. */
  readonly connector: Connector;
  readonly settings: unknown;
  /** Undefined: everything is selected. */
  readonly selection: Selection | undefined;
}

export type PreviewTargetProblem = CurrentNotFound | CurrentWrongState | CurrentNotReady | InputInvalid;

/** Checks what is to be previewed. All that is wrong with the input is answered at once. */
export async function readPreviewTarget(admin: Admin, of: PreviewOf): Promise<PreviewTarget | PreviewTargetProblem> {
  const { currentId, destination } = of;
  if ((currentId === undefined) === (destination === undefined)) {
    const got = currentId === undefined ? 'neither' : 'both';
    const message = `expected either currentId or destination, got ${got}`;
    return inputInvalid([fieldProblem('currentId', currentId === undefined ? 'required' : 'not_allowed', message)]);
  }
  if (currentId === undefined) return readDraft(admin, destination ?? '', of);
  const row = await findCurrent(admin.db, currentId);
  if (!row) return currentNotFound();
  if (row.state === 'deleted') return wrongState(row, 'test');
  const connector = admin.connectors.get(row.destination);
  if (!connector) return noConnector(row.destination);
  const stored = connector.settings.safeParse(row.settings);
  const rules = readFieldRules(row.fieldRules);
  const fieldRules = of.fieldRules ?? rules;
  if (!fieldRules) return { kind: 'CurrentNotReady', message: fieldRulesUnreadable, reason: 'field_rules_unreadable' };
  const settings = mergePatch(row.settings, of.settings ?? {});
  const checked = check(admin, connector, { ...of, settings, fieldRules });
  if ('kind' in checked) return checked;
  const ruled = rules && withFieldRules(connector, rules, admin.seal);
  return {
    draft: { ...checked, selection: checked.selection ?? row.selection },
    stored: stored.success && ruled ? { connector: ruled, settings: stored.data, selection: row.selection } : undefined,
    credentials: formOfCredentials(admin, row),
  };
}

function readDraft(admin: Admin, destination: string, of: PreviewOf): PreviewTarget | InputInvalid {
  const connector = findConnector(admin, destination);
  if ('problems' in connector) return inputInvalid(connector.problems);
  const draft = check(admin, connector, { ...of, settings: of.settings ?? {} });
  return 'kind' in draft ? draft : { draft, stored: undefined, credentials: undefined };
}

function check(admin: Admin, connector: Connector, { settings: given, selection: chosen, fieldRules }: PreviewOf) {
  const settings = checkSettings(connector, given, admin);
  const selection = chosen ? checkSelectionFor(connector, chosen) : { selection: undefined };
  const rules = checkFieldRules(fieldRules);
  const problems = problemsIn(settings, selection, rules);
  if (problems.length > 0) return inputInvalid(problems);
  return {
    connector: withFieldRules(connector, (rules as { readonly rules: FieldRules }).rules, admin.seal),
    settings: (settings as { readonly settings: Settings }).settings,
    selection: (selection as { readonly selection: Selection | undefined }).selection,
  };
}

/** Only their form is used: see `recordRequest`. */
function formOfCredentials({ seal }: Admin, { id, credentials }: CurrentRow): unknown {
  try {
    return openCredentials(seal, id, credentials);
  } catch {
    return undefined;
  }
}
