import type { Method, Operation } from './types.js';

const authorizations: Readonly<Record<string, string>> = {
  ingestToken: "-H 'Authorization: Bearer <ingest token>'",
  adminToken: "-H 'Authorization: Bearer <admin token>'",
  consoleSession: "-H 'Cookie: currents_session=<session>'",
  importKeyBasic: "-u 'any:<data import key>'",
  importKeyBearer: "-H 'Authorization: Bearer <data import key>'",
  importKeyHeader: "-H 'X-Data-Import-Key: <data import key>'",
};

/** A command that makes the request of the operation's examples, with what is required. */
export function curlOf(path: string, method: Method, { security, parameters = [], requestBody }: Operation): string {
  const filled = parameters
    .filter((parameter) => parameter.in === 'path')
    .reduce((text, { name, example }) => text.replace(`{${name}}`, encodeURIComponent(String(example))), path);
  const [scheme] = security.flatMap(Object.keys);
  const headers = parameters
    .filter((parameter) => parameter.in === 'header' && parameter.required)
    .map(({ name, example }) => `-H ${quote(`${name}: ${String(example)}`)}`);
  const [type, body] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  const [example] = Object.values(body?.examples ?? {});
  return [
    `curl https://your-hub${filled}`,
    ...(method === 'delete' || (method === 'post' && !example) ? [`-X ${method.toUpperCase()}`] : []),
    ...(scheme === undefined ? [] : [authorizations[scheme] ?? '']),
    ...headers,
    ...(example ? [`-H 'Content-Type: ${type}'`, `-d ${quote(JSON.stringify(example.value))}`] : []),
  ].join(' \\\n  ');
}

/** A word of a POSIX shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
