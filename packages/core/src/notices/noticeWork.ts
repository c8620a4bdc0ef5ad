import type { Logger } from 'pino';
import type { Sql } from '../db/connect.js';
import type { Metrics } from '../process/metrics.js';
import type { Sweeps } from '../sweeps.js';
import { createLogTransport, createSmtpTransport } from './mailTransport.js';
import { hasDueMessage } from './noticeMessages.js';
import { hasUnrouted, routeNotices } from './routeNotices.js';
import { sendMessages } from './sendMessages.js';

export interface NoticeOptions {
  /** Where mails go out; undefined: notices are lines of the log. */
  readonly smtpUrl?: string | undefined;
  /** The sender's address of mails. */
  readonly from: string;
  /** Addresses for notices of the whole hub. None: the contact addresses of all Currents. */
  readonly to: readonly string[];
  /** How long a mail gathers notices. */
  readonly groupMs: number;
}

interface NoticeWorkDeps {
  readonly sql: Sql;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly sweeps: Sweeps;
  /** For how long a message is tried. */
  readonly windowMs: number;
  readonly options: NoticeOptions;
}

/** Sends notices, until it is stopped. Any number of workers may do so. */
export function startNoticeWork({ sql, log, metrics, sweeps, windowMs, options }: NoticeWorkDeps) {
  const { smtpUrl, from, to, groupMs } = options;
  const mail = smtpUrl === undefined ? createLogTransport(log) : createSmtpTransport(smtpUrl, from);
  const sendToWebhook = async () =>
    ({ outcome: 'failed', code: 'no_webhook', detail: 'there are no webhooks' }) as const;
  const periodics = [
    sweeps.add({
      event: 'notice_sweep.failed',
      isDue: () => hasUnrouted,
      task: () => routeNotices({ sql, log, metrics, to, groupMs }),
    }),
    sweeps.add({
      event: 'notice_sweep.failed',
      isDue: () => hasDueMessage,
      task: () => sendMessages({ sql, log, metrics, mail, from, windowMs, sendToWebhook }),
    }),
  ];
  return {
    /** Starts nothing new; what is being sent is recorded. */
    async stop(): Promise<void> {
      await Promise.all(periodics.map((periodic) => periodic.stop()));
      mail.close();
    },
  };
}
