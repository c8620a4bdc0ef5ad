import { hasDueProbe } from '../circuitBreaker.js';
import type { Metrics } from '../process/metrics.js';
import type { Sweeps } from '../sweeps.js';
import { createLogTransport, createSmtpTransport } from './mailTransport.js';
import { hasDueMessage, type ClaimedMessage } from './noticeMessages.js';
import { createNoticeWebhookProber, sendToNoticeWebhook, type NoticeWebhookDeps } from './noticeWebhookWork.js';
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

interface NoticeWorkDeps extends Omit<NoticeWebhookDeps, 'clock'> {
  readonly metrics: Metrics;
  readonly sweeps: Sweeps;
  /** For how long a message is tried. */
  readonly windowMs: number;
  /** The longest a receiver of a webhook may take to answer one request. */
  readonly requestMs: number;
  readonly options: NoticeOptions;
}

/** Longer than an SMTP server may take for a mail. */
const minLeaseMs = 150_000;

/** Sends notices, until it is stopped. Any number of workers may do so. */
export function startNoticeWork(deps: NoticeWorkDeps) {
  const { sql, log, metrics, sweeps, windowMs, options } = deps;
  const leaseMs = Math.max(minLeaseMs, deps.requestMs + 30_000);
  const { smtpUrl, from, to, groupMs } = options;
  let isStopping = false;
  const mail = smtpUrl === undefined ? createLogTransport(log) : createSmtpTransport(smtpUrl, from);
  const sendToWebhook = (message: ClaimedMessage) => sendToNoticeWebhook({ ...deps, clock: sweeps.clock }, message);
  const prober = createNoticeWebhookProber({ ...deps, clock: sweeps.clock });
  const periodics = [
    sweeps.add({
      event: 'notice_sweep.failed',
      isDue: () => hasUnrouted,
      task: () => routeNotices({ sql, log, metrics, to, groupMs }),
    }),
    sweeps.add({
      event: 'notice_sweep.failed',
      isDue: () => hasDueMessage,
      task: () =>
        sendMessages({
          sql,
          log,
          clock: sweeps.clock,
          metrics,
          mail,
          from,
          windowMs,
          leaseMs,
          isStopping: () => isStopping,
          sendToWebhook,
        }),
    }),
    sweeps.add({ event: 'notice_sweep.failed', isDue: () => hasDueProbe('notice_webhook'), task: prober.start }),
  ];
  return {
    /** Starts nothing new; what is being sent is recorded. */
    async stop(): Promise<void> {
      isStopping = true;
      await Promise.all(periodics.map((periodic) => periodic.stop()));
      await prober.end();
      mail.close();
    },
  };
}
