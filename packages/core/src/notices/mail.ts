import type { ClaimedMessage, SentNotice } from './noticeMessages.js';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** A repetition has the same, so that it can be recognised. */
  readonly messageId: string;
}

const maxSubjectLength = 150;

/** The mail of a message. Pure: a repetition is the same mail. */
export function mailOf(
  { key, recipient, notices, noticeCount }: Pick<ClaimedMessage, 'key' | 'recipient' | 'notices' | 'noticeCount'>,
  from: string,
): Mail {
  const [first] = notices;
  const subject =
    noticeCount === 1 && first ? `[Currents] ${first.message}` : `[Currents] ${noticeCount} notices: ${first?.message}`;
  const unlisted = noticeCount - notices.length;
  const parts = [
    ...notices.map(paragraphOf),
    ...(unlisted > 0 ? [`There are ${unlisted} more notices: the query notices lists them.`] : []),
    'The query overview says what is wrong now. muteNotices stops such mails for a time.',
  ];
  return {
    to: recipient,
    subject: oneLine(subject).slice(0, maxSubjectLength).toWellFormed(),
    text: `${parts.join('\n\n')}\n`,
    messageId: `<${key}@${domainOf(from)}>`,
  };
}

function paragraphOf({ message, remedy, since, eventCount, severity, raisedAt }: SentNotice): string {
  return [
    `${severity.toUpperCase()}: ${oneLine(message)}`,
    ...(since ? [`Since: ${since.toISOString()}`] : []),
    ...(eventCount === null ? [] : [`Events: ${eventCount}`]),
    `What to do: ${oneLine(remedy)}`,
    `Noticed: ${raisedAt.toISOString()}`,
  ].join('\n');
}

/** Names and details are text of others: none may begin a line of its own. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/gu, ' ').trim();
}

function domainOf(address: string): string {
  return /@([^\s<>@]+)>?\s*$/.exec(address)?.[1] ?? 'currents';
}
