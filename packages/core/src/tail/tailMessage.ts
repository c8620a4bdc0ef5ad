import { filterKey, tailKinds, type TailFilter, type TailItem } from './tailItem.js';

/** Postgres refuses a notification of 8,000 bytes or more (NOTIFY, `payload`). */
export const maxMessageBytes = 7_500;

/** The form of the messages. Those of another form are ignored: the tail shows less while two releases run side by side. */
const version = 1;

/** What the readers at one process of the api want; no filter when none is left. */
export interface TailDemand {
  /** The process of the api. */
  readonly from: string;
  readonly filters: readonly TailFilter[];
}

/** What one process saw since its last message. */
export interface TailReport {
  readonly items: readonly TailItem[];
  /** By `filterKey`: how much else met the filter and was not sampled. */
  readonly leftOut: Readonly<Record<string, number>>;
}

/** Filters that do not fit into a message are replaced by one that wants everything; readers apply their own. */
export function writeDemand({ from, filters }: TailDemand): string {
  const distinct = [...new Map(filters.map((filter) => [filterKey(filter), filter])).values()];
  const text = JSON.stringify({ version, from, filters: distinct });
  return Buffer.byteLength(text) <= maxMessageBytes ? text : JSON.stringify({ version, from, filters: [{}] });
}

export function readDemand(text: string): TailDemand | undefined {
  const message = readMessage(text);
  if (typeof message?.['from'] !== 'string' || !Array.isArray(message['filters'])) return undefined;
  return { from: message['from'], filters: (message['filters'] as unknown[]).flatMap(readFilter) };
}

/** As many items as fit into a message; the others are counted as left out by the caller. */
export function writeReport({ items, leftOut }: TailReport): { readonly text: string; readonly itemCount: number } {
  const counts = JSON.stringify(leftOut);
  const written: string[] = [];
  let bytes = Buffer.byteLength(counts) + 100;
  for (const { kind, occurredAtMs, eventType, eventId, tokenId, currentId, code } of items) {
    const text = JSON.stringify([kind, occurredAtMs, eventType, eventId, tokenId, currentId, code]);
    bytes += Buffer.byteLength(text) + 1;
    if (bytes > maxMessageBytes) break;
    written.push(text);
  }
  const text = `{"version":${version},"leftOut":${counts},"items":[${written.join(',')}]}`;
  return { text, itemCount: written.length };
}

export function readReport(text: string): TailReport | undefined {
  const message = readMessage(text);
  if (!Array.isArray(message?.['items']) || !isRecord(message['leftOut'])) return undefined;
  const items = (message['items'] as unknown[][]).map(
    ([kind, occurredAtMs, eventType, eventId, tokenId, currentId, code]) =>
      ({ kind, occurredAtMs, eventType, eventId, tokenId, currentId, code }) as TailItem,
  );
  return { items, leftOut: message['leftOut'] as Record<string, number> };
}

function readMessage(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const message: unknown = JSON.parse(text);
    return isRecord(message) && message['version'] === version ? message : undefined;
  } catch {
    return undefined;
  }
}

function readFilter(value: unknown): TailFilter[] {
  if (!isRecord(value)) return [];
  const { kinds, currentId, eventType } = value;
  return [
    {
      ...(Array.isArray(kinds) && { kinds: tailKinds.filter((kind) => (kinds as unknown[]).includes(kind)) }),
      ...(typeof currentId === 'number' && { currentId }),
      ...(typeof eventType === 'string' && { eventType }),
    },
  ];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
