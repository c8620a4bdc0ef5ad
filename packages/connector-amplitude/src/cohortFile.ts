import { createMemberFileReader, createRedactor, streamFollowingLink, toPullFailure } from '@currents/connector';
import type { HttpAnswer, HttpRequest, MemberFileReader, OnPage, PullStep, StreamingHttp } from '@currents/connector';

/**
 * Reads a cohort's file, which is in the answer or, if it is large, behind a link to another host that is valid for a
 * minute (Amplitude, Behavioral Cohorts API, file). The credentials are not sent there. `toFailure` interprets an answer
 * that is neither a file nor a link.
 */
export async function readFile(
  request: HttpRequest,
  http: StreamingHttp,
  onPage: OnPage,
  toFailure: (answer: HttpAnswer) => PullStep,
): Promise<PullStep> {
  const file = createMemberFileReader('user_id', onPage);
  const { answer, isLinked } = await streamFollowingLink(http, request, file.read);
  if (answer.status === 200) return endOf(file);
  if (!isLinked) return toFailure(answer);
  if ('failure' in answer || answer.status >= 500 || answer.status === 429)
    return toPullFailure(answer, { label: 'the file storage', refusals: {} }, createRedactor([]));
  const detail = `HTTP ${answer.status} from the file storage; the next step requests a new link`;
  return { outcome: 'deferred', code: 'link_refused', detail };
}

async function endOf(file: MemberFileReader): Promise<PullStep> {
  switch (await file.end()) {
    case 'complete':
      return { outcome: 'complete' };
    case 'truncated':
      return { outcome: 'deferred', code: 'broken_file', detail: 'the file ends inside a value' };
    case 'noColumn': {
      const detail = 'expected a column user_id in the file, got none';
      return { outcome: 'failed', code: 'unreadable_file', detail, recovery: 'automatic' };
    }
  }
}
