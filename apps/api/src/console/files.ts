import { readdir, readFile } from 'node:fs/promises';
import { join, posix, sep } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { refuse } from '../problem.js';
import { contentSecurityPolicy } from './contentSecurityPolicy.js';

interface ConsoleFile {
  readonly type: string;
  readonly content: Buffer;
  /** The content compressed, by encoding, where the build has made it. */
  readonly encoded: Readonly<Partial<Record<Encoding, Buffer>>>;
}

type Encoding = 'br' | 'gzip';

const encodings = { br: '.br', gzip: '.gz' } as const satisfies Record<Encoding, string>;

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/**
 * Serves the built console: its page at `/`, and its files, whose names change with their content, below `/assets/`. The page
 * names them relative to itself, so it works behind a path prefix that a proxy takes off. Everything is read once.
 * @param directory where `npm run build` has put the console.
 */
export async function registerConsoleFiles(app: FastifyInstance, directory: string): Promise<void> {
  const files = await readFiles(directory);
  app.get('/', (request, reply) => {
    const page = files.get('index.html');
    if (!page)
      return refuse(reply, { code: 'NOT_FOUND', detail: 'the console is not built: run npm run build, then restart' });
    return send(request, reply.header('content-security-policy', contentSecurityPolicy), page, 'no-cache');
  });
  app.get<{ Params: { name: string } }>('/assets/:name', (request, reply) => {
    const file = files.get(`assets/${request.params.name}`);
    if (!file) return refuse(reply, { code: 'NOT_FOUND', detail: 'the console has no such file' });
    return send(request, reply, file, 'public, max-age=31536000, immutable');
  });
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  { type, content, encoded }: ConsoleFile,
  cacheControl: string,
): FastifyReply {
  const accepted = acceptedEncodings(request.headers['accept-encoding']);
  const encoding = (Object.keys(encodings) as Encoding[]).find((name) => accepted.has(name) && encoded[name]);
  if (encoding) reply.header('content-encoding', encoding);
  return reply
    .headers({
      'cache-control': cacheControl,
      vary: 'accept-encoding',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    .type(type)
    .send((encoding && encoded[encoding]) ?? content);
}

function acceptedEncodings(header: string | string[] | undefined): ReadonlySet<string> {
  const words = String(header ?? '').split(',');
  return new Set(
    words.filter((word) => !/;\s*q=0(\.0*)?\s*$/.test(word)).map((word) => (word.split(';')[0] ?? '').trim()),
  );
}

async function readFiles(directory: string): Promise<ReadonlyMap<string, ConsoleFile>> {
  const names = await readdir(directory, { recursive: true }).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files = new Map<string, ConsoleFile>();
  for (const name of names) {
    const type = types[name.split('.').pop() ?? ''];
    if (type === undefined) continue;
    const encoded: Partial<Record<Encoding, Buffer>> = {};
    for (const [encoding, ending] of Object.entries(encodings) as [Encoding, string][])
      if (names.includes(name + ending)) encoded[encoding] = await readFile(join(directory, name + ending));
    files.set(name.split(sep).join(posix.sep), { type, content: await readFile(join(directory, name)), encoded });
  }
  return files;
}
