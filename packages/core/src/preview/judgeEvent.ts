import { recordRequest, type Connector, type RecordedRequest } from '@currents/connector';
import { findEventType, selects, type CatalogueEvent } from '@currents/schema';
import { engineReasons } from '../currents/reasons.js';
import { errorKind } from '../delivery/attemptContext.js';
import { mapAlone, type MappedAlone } from '../delivery/mapAlone.js';
import type { PreviewRules, PreviewTarget } from './previewTarget.js';

export type PreviewVerdict = 'sent' | 'not_selected' | 'skipped' | 'rejected' | 'quarantined';

/** What would become of an event, and why if it would not be sent. */
export interface Judgement {
  readonly verdict: PreviewVerdict;
  readonly reason?: PreviewReason | undefined;
  /** What is wrong with this event. */
  readonly detail?: string | undefined;
}

export interface PreviewReason {
  readonly code: string;
  /** What the code means, in a sentence for people. */
  readonly description: string;
}

/** What would become of an event by these rules, and the item that would be sent. */
export function judgeEvent(
  { connector, settings, selection }: PreviewRules,
  event: CatalogueEvent,
): { readonly judgement: Judgement; readonly mapped: MappedAlone | undefined } {
  const eventType = findEventType(event.event_type);
  if (selection && (eventType === undefined || !selects(selection, eventType)))
    return { judgement: { verdict: 'not_selected' }, mapped: undefined };
  const mapped = mapAlone(connector, settings, event);
  if (mapped.verdict === 'sent') return { judgement: { verdict: 'sent' }, mapped };
  const reason = reasonOf(connector, mapped.code);
  const detail = mapped.verdict === 'rejected' ? mapped.detail : undefined;
  return { judgement: { verdict: mapped.verdict, reason, detail }, mapped };
}

function reasonOf({ reasons }: Connector, code: string): PreviewReason {
  return { code, description: engineReasons[code] ?? reasons[code] ?? code };
}

/** The request that would be sent, or why the connector makes none. */
export async function requestFor(
  { draft, credentials }: Pick<PreviewTarget, 'draft' | 'credentials'>,
  mapped: MappedAlone | undefined,
): Promise<RecordedRequest | { readonly failure: string } | undefined> {
  if (mapped?.verdict !== 'sent') return undefined;
  try {
    return await recordRequest(draft.connector, [mapped.item], { settings: draft.settings, credentials });
  } catch (error) {
    return { failure: `the connector failed: ${errorKind(error)}` };
  }
}
