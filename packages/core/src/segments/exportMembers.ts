import { setTable } from '../cohorts/memberSet.js';
import { openSession, type Transaction } from '../db/session.js';

export type ExportFormat = 'ndjson' | 'csv';

export interface MemberExport {
  readonly segmentId: string;
  readonly name: string;
  readonly members: number;
  /** The cursor from which to follow changes. */
  readonly changesCursor: string;
  readonly evaluatedAt: Date;
}

interface ExportSink {
  /** Called once, before the first `write`. */
  begin(about: MemberExport): void;
  /** Writes a chunk of some hundred kilobytes; the next one is read when it resolves. Rejects to end the export. */
  write(text: string): Promise<void>;
}

const membersPerChunk = 10_000;
/** An export holds a connection, and keeps old rows from being vacuumed. */
const maxExportMs = 60 * 60_000;

/** Exports all members of a segment in one snapshot, chunk by chunk, no faster than they are written. */
export async function exportMembers(
  databaseUrl: string,
  segmentId: number,
  format: ExportFormat,
  sink: ExportSink,
): Promise<'exported' | 'not_found' | 'not_evaluated'> {
  const session = openSession(databaseUrl, { name: 'export', statementMs: 60_000 });
  const endMs = performance.now() + maxExportMs;
  try {
    return await session.transact(async (tx) => {
      const [row] = await tx<
        (Omit<MemberExport, 'evaluatedAt'> & { setId: string | null; evaluatedAt: Date | null })[]
      >`
        select id::text as "segmentId", name, set_id as "setId", (external_ids + device_ids + aliases)::float8 as members,
          last_change_id as "changesCursor", evaluated_at as "evaluatedAt"
        from segment where id = ${segmentId} and deleted_at is null`;
      if (!row) return 'not_found';
      const { setId, evaluatedAt, ...about } = row;
      if (setId === null || evaluatedAt === null) return 'not_evaluated';
      // The first read locks the set, so that it is not dropped during the export.
      const table = setTable(setId);
      const first = await readChunk(tx, table, '', format);
      sink.begin({ ...about, evaluatedAt });
      if (format === 'csv') await sink.write('kind,id,label\n');
      for (let piece = first; piece; piece = await readChunk(tx, table, piece.last, format)) {
        if (performance.now() > endMs) throw new Error('the export was read too slowly, and ended');
        await sink.write(piece.text);
      }
      return 'exported';
    }, 'one view');
  } finally {
    await session.end(0);
  }
}

/** Postgres formats the text, so that a chunk is one value for this process. */
async function readChunk(
  tx: Transaction,
  table: string,
  after: string,
  format: ExportFormat,
): Promise<{ readonly text: string; readonly last: string } | undefined> {
  const line = format === 'csv' ? csvLine(tx) : jsonLine(tx);
  const [piece] = await tx<[{ text: string | null; last: string | null }]>`
    select string_agg(${line}, '' order by member) as text, max(member) as last
    from (select member from ${tx(table)} where member > ${after} order by member limit ${membersPerChunk}) m`;
  return piece.text === null || piece.last === null ? undefined : { text: piece.text, last: piece.last };
}

function jsonLine(tx: Transaction) {
  return tx`
    case left(member, 1)
      when 'e' then '{"externalId":' || to_json(substr(member, 2)) || E'}\n'
      when 'd' then '{"deviceId":' || to_json(substr(member, 2)) || E'}\n'
      else '{"alias":{"name":' || to_json(substr(member, strpos(member, E'\x1f') + 1))
        || ',"label":' || to_json(substr(member, 2, strpos(member, E'\x1f') - 2)) || E'}}\n'
    end`;
}

/** RFC 4180: in quotation marks, which are doubled inside. */
function csvLine(tx: Transaction) {
  return tx`
    case left(member, 1)
      when 'e' then 'external_id,"' || replace(substr(member, 2), '"', '""') || E'",\n'
      when 'd' then 'device_id,"' || replace(substr(member, 2), '"', '""') || E'",\n'
      else 'alias,"' || replace(substr(member, strpos(member, E'\x1f') + 1), '"', '""') || '","'
        || replace(substr(member, 2, strpos(member, E'\x1f') - 2), '"', '""') || E'"\n'
    end`;
}
