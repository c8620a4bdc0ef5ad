import { print } from '@0no-co/graphql.web';
import type { TadaDocumentNode } from 'gql.tada';
import { HubError } from './graphql.js';
import { csrfToken, endedSession } from './session.js';

/**
 * Follows a subscription by GraphQL over SSE. Resolves when the hub has ended it, or the signal has; rejects with `HubError`
 * when the hub refuses it or does not answer.
 */
export async function follow<Data, Variables>(
  document: TadaDocumentNode<Data, Variables>,
  variables: Variables,
  { onData, signal }: { readonly onData: (data: Data) => void; readonly signal: AbortSignal },
): Promise<void> {
  const headers = { accept: 'text/event-stream', 'content-type': 'application/json', 'x-csrf-token': csrfToken() };
  const body = JSON.stringify({ query: print(document), variables });
  try {
    const response = await fetch('graphql', { method: 'POST', headers, body, signal });
    if (response.status === 401) endedSession();
    if (!response.ok || !response.body) {
      const { detail } = (await response.json().catch(() => ({}))) as { readonly detail?: string };
      throw new HubError(detail ?? `The hub answered ${response.status}.`, 'UNKNOWN');
    }
    for await (const message of messagesOf(response.body)) onMessage(message, onData);
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof HubError) throw error;
    throw new HubError('The hub does not answer. It may be restarting, or the network is down.', 'UNREACHABLE');
  }
}

interface Result<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

function onMessage<Data>({ event, data }: Message, onData: (data: Data) => void): void {
  if (event !== 'next') return;
  const result = JSON.parse(data) as Result<Data>;
  const [first] = result.errors ?? [];
  if (first?.extensions?.code === 'SESSION_ENDED') endedSession();
  if (first) throw new HubError(first.message, first.extensions?.code ?? 'UNKNOWN');
  if (result.data) onData(result.data);
}

interface Message {
  readonly event: string;
  readonly data: string;
}

/** The messages of a stream of server-sent events, as the hub writes them: each with one line of data. */
async function* messagesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Message> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    text += decoder.decode(read.value, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const valueOf = (name: string): string =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? '';
      yield { event: valueOf('event'), data: valueOf('data') };
    }
  }
}
