import { pullFailure, readMembers } from '@currents/connector';
import type { HttpAnswer, HttpRequest, PullStep, StreamingHttp, OnPage } from '@currents/connector';
import { createCsvReader } from './csv.js';

const MOST_PAGE_MEMBERS = 10_000;

/** What is asked for, and who wants to have it. */
export interface FileWish {
  readonly request: HttpRequest;
  readonly http: StreamingHttp;
  readonly take: OnPage;
  /** What an answer that is neither file nor link means. */
  readonly trouble: (answer: HttpAnswer) => PullStep;
}

/**
 * Fetches a cohort's file, which comes at once or, if it is large, from a link to somewhere else that is good for a
 * minute (Amplitude, Behavioral Cohorts API, file). The credentials do not go there.
 */
export async function readFile({ request, http, take, trouble }: FileWish): Promise<PullStep> {
  const file = createFileReader(take);
  const answer = await http.stream(request, file.read);
  if (answer.status === 200) return file.end();
  const link =
    answer.status === 302 && 'headers' in answer ? linkOf(answer.headers['location'], request.url) : undefined;
  if (link === undefined) return trouble(answer);
  const linked = await http.stream({ method: 'GET', url: link }, file.read);
  if (linked.status === 200) return file.end();
  if ('failure' in linked || linked.status >= 500 || linked.status === 429)
    return pullFailure(linked, { refusals: {} });
  return {
    outcome: 'deferred',
    code: 'link_refused',
    detail: `HTTP ${linked.status} from where the file is kept; another link is asked for`,
  };
}

/** Where the file is. A link must not be less private than the address that gave it. */
function linkOf(location: string | undefined, from: string): string | undefined {
  if (location === undefined || !URL.canParse(location, from)) return undefined;
  const link = new URL(location, from);
  return link.protocol === 'https:' || link.protocol === new URL(from).protocol ? link.href : undefined;
}

/** Makes pages of members of a file as it comes in. */
function createFileReader(take: OnPage) {
  const decoder = new TextDecoder();
  let column: number | undefined;
  let ids: (string | undefined)[] = [];
  const csv = createCsvReader((fields) => {
    if (column === undefined) column = fields.indexOf('user_id');
    else ids.push(fields[column]);
  });

  async function handOver(atLeast: number): Promise<void> {
    while (ids.length >= atLeast && ids.length > 0) {
      const page = ids.slice(0, MOST_PAGE_MEMBERS);
      ids = ids.slice(MOST_PAGE_MEMBERS);
      await take(readMembers(page, (id) => id));
    }
  }

  return {
    async read(piece: Uint8Array): Promise<void> {
      csv.read(decoder.decode(piece, { stream: true }));
      if (column === -1) ids = [];
      await handOver(MOST_PAGE_MEMBERS);
    },
    async end(): Promise<PullStep> {
      csv.read(decoder.decode());
      const isWhole = csv.end();
      if (column === undefined || column === -1) {
        return {
          outcome: 'failed',
          code: 'unreadable_file',
          detail: 'the file has no column user_id',
          recovery: 'automatic',
        };
      }
      if (!isWhole) return { outcome: 'deferred', code: 'broken_file', detail: 'the file broke off inside a value' };
      await handOver(1);
      return { outcome: 'complete' };
    },
  };
}
