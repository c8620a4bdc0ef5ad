/**
 * What keeps a program from starting and an operator can mend. The message is one sentence that names what to set, and
 * holds no secret.
 */
export class OperatorError extends Error {}

/** An address that a program cannot listen at. */
interface Address {
  readonly host: string;
  readonly port: number;
  /** The variables that set them. */
  readonly variables: { readonly host: string; readonly port: string };
}

/** An `OperatorError` for what a server says when it cannot listen; any other error as it is. */
export function listenFailure(error: unknown, { host, port, variables }: Address): unknown {
  const { code } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'EADDRINUSE':
      return new OperatorError(`port ${port} of ${host} is taken; set ${variables.port} to a free one`, {
        cause: error,
      });
    case 'EACCES':
      return new OperatorError(`this account may not listen at port ${port}; set ${variables.port} to a higher one`, {
        cause: error,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EINVAL':
      return new OperatorError(
        `${variables.host} is no address of this machine (${code}); set it to one, or to 0.0.0.0 for all of them`,
        { cause: error },
      );
    default:
      return error;
  }
}
