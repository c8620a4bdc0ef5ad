import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export interface ReceivedMail {
  readonly to: string;
  readonly messageId: string;
  readonly subject: string;
  /** The whole mail, with its headers; its lines are not wrapped. */
  readonly text: string;
}

/** A real SMTP server that keeps what it is sent. */
export async function openMailbox() {
  const mails: ReceivedMail[] = [];
  /** Replies to the next mails, which are then not accepted. `hang`: accepted, but the reply never comes. */
  const moods: (number | 'hang')[] = [];
  /** Addresses that are refused for good. */
  const unknown = new Set<string>();
  /** Awaited before a mail is answered. */
  const pause = { until: async (): Promise<void> => undefined };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onRcptTo({ address }, _session, callback) {
      callback(unknown.has(address) ? Object.assign(new Error(`unknown ${address}`), { responseCode: 550 }) : null);
    },
    onData(stream, session, callback) {
      let raw = '';
      stream.setEncoding('utf8').on('data', (chunk: string) => (raw += chunk));
      stream.on('end', () => {
        const mood = moods.shift();
        if (typeof mood === 'number') return callback(Object.assign(new Error('not now'), { responseCode: mood }));
        for (const { address } of session.envelope.rcptTo) mails.push(read(address, raw));
        if (mood !== 'hang') void pause.until().then(() => callback(null));
      });
    },
  });
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  return {
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    mails,
    moods,
    unknown,
    pause,
    close: () => new Promise<void>((resolve) => server.close(resolve)),
  };
}

function read(to: string, raw: string): ReceivedMail {
  const [head = '', ...body] = raw.split('\r\n\r\n');
  const headers = new Map(
    head
      .replaceAll(/\r\n[ \t]/g, ' ')
      .split('\r\n')
      .map(
        (line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()] as const,
      ),
  );
  const text = body.join('\r\n\r\n');
  const isQuoted = headers.get('content-transfer-encoding') === 'quoted-printable';
  return {
    to,
    messageId: headers.get('message-id') ?? '',
    subject: decodeWords(headers.get('subject') ?? ''),
    text: isQuoted ? text.replaceAll('=\r\n', '').replaceAll('=3D', '=') : text,
  };
}

/** RFC 2047: words that are encoded, in quoted-printable. */
function decodeWords(text: string): string {
  return text.replaceAll(/\?=\s+=\?UTF-8\?Q\?/g, '').replace(/^=\?UTF-8\?Q\?(.*)\?=$/, (_all, word: string) =>
    Buffer.from(
      word
        .replaceAll('_', ' ')
        .replaceAll(/=([0-9A-F]{2})/g, (_code, hex: string) => String.fromCharCode(parseInt(hex, 16))),
      'latin1',
    ).toString(),
  );
}
