import type { CohortList, PartnerCohort, PullFailure, StreamingHttp } from './cohortPull.js';
import type { HttpAnswer, HttpRequest } from './http.js';
import { readId, readName } from './readMembers.js';

/** A list of cohorts may contain their definitions; a page of 1,000 profiles has about 100 KB. */
const maxBodyBytes = 64 * 1024 * 1024;

class BodyTooLarge extends Error {}

/** Makes one request whose answer may be larger than `request` allows; above 64 MiB it counts as a broken connection. */
export async function requestWholeBody(http: StreamingHttp, request: HttpRequest): Promise<HttpAnswer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const gather = (chunk: Uint8Array): void => {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > maxBodyBytes) throw new BodyTooLarge();
  };
  try {
    const answer = await http.stream(request, gather);
    if ('failure' in answer || chunks.length === 0) return answer;
    return { ...answer, body: Buffer.concat(chunks).toString('utf8') };
  } catch (error) {
    if (!(error instanceof BodyTooLarge)) throw error;
    return { status: 0, failure: 'broken', detail: `the answer has more than ${maxBodyBytes} bytes` };
  }
}

/** What to request for a list of cohorts, and how to read the answer. */
interface ListOptions {
  readonly http: StreamingHttp;
  readonly request: HttpRequest;
  /** The entries in the body of a 200, if it is the partner's. */
  entriesIn(body: string): unknown;
  /** One entry as a cohort, or nothing when it is not one that can be pulled. */
  read(entry: unknown): readonly PartnerCohort[];
  failure(answer: HttpAnswer): PullFailure;
}

/** Lists a partner's cohorts with one request. */
export async function listCohorts({ http, request, entriesIn, read, failure }: ListOptions): Promise<CohortList> {
  const answer = await requestWholeBody(http, request);
  const entries = answer.status === 200 && 'body' in answer ? entriesIn(answer.body) : undefined;
  if (!Array.isArray(entries)) return failure(answer);
  return { outcome: 'listed', cohorts: (entries as readonly unknown[]).flatMap(read) };
}

/** A partner's cohort from fields of any type; nothing without a usable id. Without a name, its id is its name. */
export function readPartnerCohort(
  fields: Readonly<Record<'id' | 'name' | 'description' | 'size', unknown>>,
  times: { readonly createdAtMs?: number | undefined; readonly computedAtMs?: number | undefined },
): PartnerCohort[] {
  const id = readId(fields.id);
  if (!('id' in id)) return [];
  const description = readName(fields.description);
  return [
    {
      id: id.id,
      name: readName(fields.name) ?? id.id,
      ...(description !== undefined && { description }),
      ...(times.createdAtMs !== undefined && { createdAtMs: times.createdAtMs }),
      ...(times.computedAtMs !== undefined && { computedAtMs: times.computedAtMs }),
      ...(typeof fields.size === 'number' && { size: fields.size }),
    },
  ];
}
