import type { ComponentProps, ReactNode } from 'react';
import { Confirm } from '../../parts/confirm.js';
import { ProblemNote } from '../../parts/problem.js';

/** Asks for a revocation to be confirmed; `children` says what it means. */
export function RevokeDialog({
  name,
  typed = name,
  revoking: { isPending, error },
  answer,
  onConfirm,
  onClose,
  children,
}: {
  readonly name: string;
  /** What has to be typed, where names are not unique. */
  readonly typed?: string;
  readonly revoking: { readonly isPending: boolean; readonly error: ComponentProps<typeof ProblemNote>['problem'] };
  /** What the mutation answered. */
  readonly answer: object | undefined;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  return (
    <Confirm
      title={`Revoke ${name}`}
      name={typed}
      action="Revoke"
      isBusy={isPending}
      onClose={onClose}
      onConfirm={onConfirm}
    >
      {children}
      <ProblemNote problem={isProblem(answer) ? answer : error} />
    </Confirm>
  );
}

function isProblem(
  answer: object | undefined,
): answer is { readonly message: string; readonly remedy?: string | null } {
  return answer !== undefined && 'message' in answer;
}
