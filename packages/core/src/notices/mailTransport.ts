import type { Logger } from 'pino';
import { createTransport } from 'nodemailer';
import type { FailureReason } from '../circuitBreaker.js';
import type { Mail } from './mail.js';
import type { ClaimedMessage } from './noticeMessages.js';

/** `failed`: the server refuses this address for good. */
export type MailVerdict =
  | { readonly outcome: 'sent'; readonly transport: 'smtp' | 'log' }
  | (FailureReason & { readonly outcome: 'deferred' | 'failed' });

export interface MailTransport {
  /** Never rejects for what a server or a network can do. */
  send(mail: Mail, message: ClaimedMessage): Promise<MailVerdict>;
  close(): void;
}

const connectMs = 20_000;
const answerMs = 60_000;

/** Sends mails over SMTP, one connection for each. */
export function createSmtpTransport(url: string, from: string): MailTransport {
  const transport = createTransport({
    url,
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    socketTimeout: answerMs,
    dnsTimeout: connectMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send({ to, subject, text, messageId }) {
      try {
        // RFC 3834: programs that answer mails leave this one alone.
        const headers = { 'Auto-Submitted': 'auto-generated' };
        await transport.sendMail({ from, to, subject, text, messageId, headers, xMailer: false });
        return { outcome: 'sent', transport: 'smtp' };
      } catch (error) {
        return failureOf(error);
      }
    },
    close: () => transport.close(),
  };
}

/** Without an SMTP server, a mail is a line of the log, which says no addresses. */
export function createLogTransport(log: Logger): MailTransport {
  return {
    async send(_mail, { id, notices }) {
      for (const { id: notice, kind, subject, severity, message: text, remedy } of notices)
        log.warn({ event: 'notice.sent', message: id, notice, kind, subject, severity, remedy }, text);
      return { outcome: 'sent', transport: 'log' };
    },
    close: () => undefined,
  };
}

interface SmtpError {
  readonly code?: unknown;
  readonly responseCode?: unknown;
  readonly command?: unknown;
}

/** A permanent refusal (RFC 5321: 5xx) of the recipient ends it; what is wrong with the server or its settings can be mended. */
function failureOf(error: unknown): MailVerdict {
  const { code, responseCode, command } = (error ?? {}) as SmtpError;
  const status = typeof responseCode === 'number' ? responseCode : undefined;
  const reason = typeof code === 'string' ? code.toLowerCase() : 'smtp_failed';
  // What a server says may hold the address.
  if (reason === 'eenvelope' && command === 'RCPT TO' && status !== undefined && status >= 500)
    return {
      outcome: 'failed',
      code: `smtp_${status}`,
      detail: `the SMTP server refused the recipient with ${status}`,
    };
  return {
    outcome: 'deferred',
    code: status === undefined ? reason : `smtp_${status}`,
    detail: `the SMTP server did not take the mail (${status ?? reason})`,
  };
}
