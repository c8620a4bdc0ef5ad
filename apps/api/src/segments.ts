import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import {
  bearerToken,
  checkAdminToken,
  exportMembers,
  type Admin,
  type ExportFormat,
  type MemberExport,
} from '@currents/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

export interface SegmentDeps {
  readonly admin: Pick<Admin, 'db' | 'databaseUrl'>;
  readonly retryAfterSeconds: number;
}

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

/** Each holds a connection to the database for as long as it is read. */
const mostExports = 4;

const types: Readonly<Record<ExportFormat, string>> = {
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
};

/** `GET /v1/segments/:id/members`: all members of a segment as they are at one moment, for whoever shows an admin token. */
export function registerSegments(app: FastifyInstance, deps: SegmentDeps): void {
  const running = new Set<PassThrough>();

  app.register(async (scope) => {
    // An export may take as long as its reader likes; the process does not wait for that.
    scope.addHook('preClose', async () =>
      running.forEach((stream) => void stream.destroy(new Error('the hub is stopping'))),
    );
    scope.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
      if ((error.statusCode ?? 500) < 500)
        return refuse(reply, { status: error.statusCode ?? 400, code: 'bad_request', detail: error.message }, deps);
      request.log.error({ event: 'segments.error', err: error });
      return refuse(
        reply,
        { status: 500, code: 'internal_error', detail: 'the hub failed on this request; it has been logged' },
        deps,
      );
    });
    scope.get<{ Params: { id: string }; Querystring: { format?: unknown } }>(
      '/v1/segments/:id/members',
      async (request, reply) => {
        const refusal = await authorise(request, deps);
        if (refusal) return refuse(reply, refusal, deps);
        const { format = 'ndjson' } = request.query;
        if (format !== 'ndjson' && format !== 'csv')
          return refuse(
            reply,
            { status: 400, code: 'format_unknown', detail: 'format: wanted ndjson or csv; something else came' },
            deps,
          );
        if (running.size >= mostExports) {
          return refuse(
            reply,
            {
              status: 429,
              code: 'too_many_exports',
              detail: `${mostExports} exports are under way, and that is the most; come again later`,
            },
            deps,
          );
        }
        const stream = new PassThrough();
        // Whoever writes to it learns of an error by its being closed.
        stream.on('error', () => undefined);
        running.add(stream);
        stream.once('close', () => running.delete(stream));
        return send(stream, format, request, reply, deps);
      },
    );
  });
}

/** Answers as soon as there is something to send; the rest follows as fast as it is read. */
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
        .header('content-disposition', `attachment; filename="segment-${segmentId}.${format}"`)
        .header('currents-members', members)
        .header('currents-cursor', changesCursor)
        .header('currents-evaluated-at', evaluatedAt.toISOString());
      resolve('begun');
    };
  });
  const exported = exportMembers(deps.admin.databaseUrl, /^[1-9]\d{0,8}$/.test(id) ? Number(id) : 0, format, {
    begin,
    take: (text) => write(stream, text),
  });
  const outcome = await Promise.race([begun, exported]).catch((error: unknown) => {
    stream.destroy();
    throw error;
  });
  if (outcome === 'not_found' || outcome === 'not_evaluated') {
    stream.destroy();
    return refuse(reply, refusals[outcome], deps);
  }
  // Ends with an error when the reader goes away, or the database does: the reader then sees that it lacks the end.
  exported.then(
    () => stream.end(),
    (error: unknown) => {
      if (!stream.destroyed)
        request.log.warn(
          { event: 'segments.export_broken', segment: id, err: error },
          'an export ended before its end',
        );
      stream.destroy(error instanceof Error ? error : undefined);
    },
  );
  return reply.send(stream);
}

const refusals = {
  not_found: { status: 404, code: 'segment_not_found', detail: 'there is no segment with this id' },
  not_evaluated: {
    status: 409,
    code: 'segment_not_evaluated',
    detail: 'the segment is new, and its members have not been looked up yet; come again in a moment',
  },
} as const satisfies Record<string, Refusal>;

/** Resolves when there is room for more; rejects when nobody reads any more. */
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

async function authorise(request: FastifyRequest, { admin }: SegmentDeps): Promise<Refusal | undefined> {
  const token = bearerToken(request.headers.authorization);
  if (token === undefined)
    return {
      status: 401,
      code: 'token_missing',
      detail: 'wanted the header «Authorization: Bearer <admin token>»; it is missing or not of that form',
    };
  try {
    if ((await checkAdminToken(admin, token)) !== undefined) return undefined;
  } catch (error) {
    request.log.warn({ event: 'segments.unavailable', err: error }, 'an admin token could not be checked');
    return { status: 503, code: 'unavailable', detail: 'the database does not answer; try again later' };
  }
  return { status: 401, code: 'token_unknown', detail: 'this admin token is not known, or has been revoked' };
}

function refuse(
  reply: FastifyReply,
  { status, code, detail }: Refusal,
  { retryAfterSeconds }: SegmentDeps,
): FastifyReply {
  if (status === 429 || status === 503 || status === 409) reply.header('retry-after', retryAfterSeconds);
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  return reply.code(status).send({ error: { code, detail } });
}
