/** What the exit code of a command says. */
export const exitCodes = {
  done: 0,
  /** The hub refused, a job failed, nothing was confirmed, or `overview` found something critical. */
  negative: 1,
  /** The command line or the environment is not usable. */
  usage: 2,
  /** The hub does not answer, or does not accept the token. */
  unreachable: 3,
  /** Left with Ctrl-C: 128 + SIGINT. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends a command with one sentence on standard error, without a stack. The message holds no secret. */
export class CommandFailure extends Error {
  constructor(
    message: string,
    readonly exitCode: ExitCode,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
