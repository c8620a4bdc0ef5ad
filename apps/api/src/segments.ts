import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { exportMembers, hasRole, rowId, type Admin, type ExportFormat, type MemberExport } from '@currents/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { encodeId, parseId } from './admin/base/ids.js';
import { signInAdmin, signInAgainMs, type AdminSignIn } from './adminSignIn.js';
import { refuse, type Refusal } from './problem.js';

export interface SegmentDeps extends AdminSignIn {
  readonly admin: Pick<Admin, 'databaseUrl'>;
}

/** Exports under way at once. Each holds a database connection until its reader has read it all. */
const maxExports = 4;

const types: Readonly<Record<ExportFormat, string>> = {
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
};

/**
 * `GET /v1/segments/:id/members`: streams all members of a segment as of one moment. Requires an admin token with the role
 * operator, until its end.
 */
export function registerSegments(app: FastifyInstance, deps: SegmentDeps): void {
  const running = new Set<PassThrough>();

  app.register(async (scope) => {
    // An export lasts as long as its reader takes; a stopping process ends it.
    scope.addHook('preClose', async () =>
      running.forEach((stream) => void stream.destroy(new Error('the hub is stopping'))),
    );
    scope.get<{ Params: { id: string }; Querystring: { format?: unknown } }>(
      '/v1/segments/:id/members',
      async (request, reply) => {
        const signedIn = await signInAdmin(request, 'segment_export', deps);
        if ('code' in signedIn) return refuse(reply, signedIn);
        if (!hasRole(signedIn.role, 'operator'))
          return refuse(reply, {
            code: 'FORBIDDEN',
            detail: `expected an admin token with the role operator or admin, got one with the role ${signedIn.role}`,
          });
        const { format = 'ndjson' } = request.query;
        if (format !== 'ndjson' && format !== 'csv')
          return refuse(reply, { code: 'UNKNOWN_FORMAT', detail: 'format: expected ndjson or csv' });
        if (running.size >= maxExports) {
          const detail = `${maxExports} exports are running, which is the limit; try again later`;
          return refuse(reply, { code: 'TOO_MANY_EXPORTS', detail });
        }
        const stream = new PassThrough();
        // The writer notices an error by the stream's being closed.
        stream.on('error', () => undefined);
        running.add(stream);
        // A slow reader is sent members for an hour, so a token that is revoked meanwhile ends the export.
        const signIn = setInterval(
          () =>
            void signInAdmin(request, 'segment_export', deps).then((found) => {
              if (!('code' in found) || found.code === 'UNAVAILABLE' || stream.destroyed) return;
              request.log.warn(
                { event: 'segment_export.failed', requestId: request.id, segment: request.params.id, code: found.code },
                'an export ended early, because its token or session is no longer valid',
              );
              stream.destroy(new Error(found.detail));
            }),
          signInAgainMs,
        );
        stream.once('close', () => {
          clearInterval(signIn);
          running.delete(stream);
        });
        return send(stream, format, request, reply, deps);
      },
    );
  });
}

/** The database key in a segment's id, such as `seg_12`; 0 for any other text. */
function keyOf(id: string): number {
  const parsed = parseId(id);
  return parsed?.name === 'Segment' ? (rowId(parsed.key) ?? 0) : 0;
}

/** Answers once the first members are there; the rest follows as fast as it is read. */
async function send(
  stream: PassThrough,
  format: ExportFormat,
  request: FastifyRequest<{ Params: { id: string } }>,
  reply: FastifyReply,
  deps: SegmentDeps,
): Promise<FastifyReply> {
  const { id } = request.params;
  let begin = (_about: MemberExport): void => undefined;
  const begun = new Promise<'begun'>((resolve) => {
    begin = ({ segmentId, members, changesCursor, evaluatedAt }) => {
      reply
        .type(types[format])
        .header('cache-control', 'no-store')
        .header('content-disposition', `attachment; filename="${encodeId('Segment', segmentId)}.${format}"`)
        .header('currents-members', members)
        .header('currents-cursor', changesCursor)
        .header('currents-evaluated-at', evaluatedAt.toISOString());
      resolve('begun');
    };
  });
  const exported = exportMembers(deps.admin.databaseUrl, keyOf(id), format, {
    begin,
    write: (text) => write(stream, text),
  });
  const outcome = await Promise.race([begun, exported]).catch((error: unknown) => {
    stream.destroy();
    throw error;
  });
  if (outcome === 'not_found' || outcome === 'not_evaluated') {
    stream.destroy();
    return refuse(reply, refusals[outcome]);
  }
  // Rejects when the reader or the database goes away. Destroying the stream shows the reader that the export is incomplete.
  exported.then(
    () => stream.end(),
    (error: unknown) => {
      if (!stream.destroyed)
        request.log.warn(
          { event: 'segment_export.failed', requestId: request.id, segment: id, err: error },
          'an export ended early',
        );
      stream.destroy(error instanceof Error ? error : undefined);
    },
  );
  return reply.send(stream);
}

const refusals = {
  not_found: { code: 'SEGMENT_NOT_FOUND', detail: 'there is no segment with this id' },
  not_evaluated: {
    code: 'SEGMENT_NOT_EVALUATED',
    detail: 'the segment is new and its members have not been computed yet; try again in a moment',
  },
} as const satisfies Record<string, Refusal>;

/** Resolves when there is room for more; rejects once the reader has gone. */
async function write(stream: PassThrough, text: string): Promise<void> {
  if (stream.destroyed) throw new Error('the reader has gone');
  if (stream.write(text)) return;
  const over = new AbortController();
  try {
    await Promise.race([
      once(stream, 'drain', { signal: over.signal }),
      once(stream, 'close', { signal: over.signal }).then(() => Promise.reject(new Error('the reader has gone'))),
    ]);
  } finally {
    over.abort();
  }
}
