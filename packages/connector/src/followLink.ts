import type { StreamingHttp } from './cohortPull.js';
import type { HttpAnswer, HttpRequest } from './http.js';

/**
 * Streams an answer or, after a 302, what its link leads to, without the request's headers: credentials do not go to
 * another host. The link must not be less private than the request's URL; otherwise the 302 itself is returned.
 */
export async function streamFollowingLink(
  http: StreamingHttp,
  request: HttpRequest,
  onChunk: (chunk: Uint8Array) => Promise<void> | void,
): Promise<{ readonly answer: HttpAnswer; readonly isLinked: boolean }> {
  const answer = await http.stream(request, onChunk);
  const link =
    answer.status === 302 && 'headers' in answer ? linkOf(answer.headers['location'], request.url) : undefined;
  if (link === undefined) return { answer, isLinked: false };
  return { answer: await http.stream({ method: 'GET', url: link }, onChunk), isLinked: true };
}

function linkOf(location: string | undefined, from: string): string | undefined {
  if (location === undefined || !URL.canParse(location, from)) return undefined;
  const link = new URL(location, from);
  return link.protocol === 'https:' || link.protocol === new URL(from).protocol ? link.href : undefined;
}
