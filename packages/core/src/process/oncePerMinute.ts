import type { Logger } from 'pino';

const queueFailed = {
  event: 'queue_request.failed',
  message: 'wake-up calls or budgets failed; the sweep goes on with deliveries',
};

/** Returns a handler that logs at most one error per minute, by default of the queue: the sweep and the partners' limits still work. */
export function oncePerMinute(log: Pick<Logger, 'warn'>, { event, message } = queueFailed): (error: unknown) => void {
  let loggedMs = -Infinity;
  return (error) => {
    if (performance.now() - loggedMs < 60_000) return;
    loggedMs = performance.now();
    log.warn({ event, err: error }, message);
  };
}
