import type { ReactNode } from 'react';
import { HubError } from '../hub/graphql.js';

export interface ProblemLike {
  readonly message: string;
  readonly remedy?: string | null;
}

/** What went wrong, and what to do about it. Read aloud when it appears. */
export function ProblemNote({ problem }: { readonly problem: ProblemLike | null | undefined }) {
  if (!problem) return null;
  return (
    <div className="note bad" role="alert">
      <p>{sentence(problem.message)}</p>
      {problem.remedy ? <p className="muted">{sentence(problem.remedy)}</p> : null}
    </div>
  );
}

/** The error of a request, or else the first problem among its answers. */
export function problemOf(error: ProblemLike | null, ...answers: readonly (object | undefined)[]): ProblemLike | null {
  return error ?? answers.find((answer): answer is ProblemLike => answer !== undefined && 'message' in answer) ?? null;
}

interface FieldProblems {
  readonly problems: readonly { readonly path: readonly string[]; readonly message: string }[];
}

/** What is wrong with each field of a form, by its name, where an answer says so. */
export function fieldProblemsOf(answer: object | FieldProblems | undefined): ReadonlyMap<string, string> {
  if (!answer || !('problems' in answer)) return new Map();
  return new Map(answer.problems.map(({ path, message }) => [path.at(-1) ?? '', message]));
}

/** A message of the hub, which begins in lower case and has no full stop, as a sentence. */
export function sentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}

interface Reading<Data> {
  readonly data: Data | undefined;
  readonly error: Error | null;
  readonly isPending: boolean;
}

/** What a query answered; until then that it is loading, and after a failure both the failure and the last answer. */
export function Answer<Data>({
  reading,
  children,
}: {
  readonly reading: Reading<Data>;
  readonly children: (data: Data) => ReactNode;
}) {
  const { data, error, isPending } = reading;
  return (
    <>
      {error ? <ProblemNote problem={messageOf(error)} /> : null}
      {data === undefined ? isPending && !error ? <p className="muted">Loading…</p> : null : children(data)}
    </>
  );
}

function messageOf(error: Error): ProblemLike {
  if (!(error instanceof HubError)) return { message: 'The console failed.', remedy: 'Reload the page.' };
  if (error.code === 'FORBIDDEN') return { message: error.message, remedy: 'Sign in with a token of a higher role.' };
  return error;
}
