import { useEffect, useState } from 'react';
import { ProblemNote } from './problem.js';

interface Result {
  readonly __typename: string;
  readonly message?: string;
  readonly remedy?: string | null;
}

/** So long after the last change, in milliseconds: a key is pasted or typed by then. */
const quietMs = 800;

/** Tests what is entered some time after each change, and says in place what came of it. */
export function TestAsTyped<Input>({
  input,
  isComplete,
  passed,
  test,
}: {
  readonly input: Input;
  /** Whether all that is required is there; nothing is tested before. */
  readonly isComplete: boolean;
  /** The type of the answer when the test has passed. */
  readonly passed: string;
  readonly test: (input: Input, signal: AbortSignal) => Promise<Result>;
}) {
  const [tested, setTested] = useState<{ readonly key: string; readonly result: Result | Error }>();
  const key = JSON.stringify(input);
  useEffect(() => {
    if (!isComplete) return undefined;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      test(input, abort.signal).then(
        (result) => setTested({ key, result }),
        (error: unknown) => {
          if (!abort.signal.aborted) setTested({ key, result: error as Error });
        },
      );
    }, quietMs);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
    // The input is compared by value.
  }, [key, isComplete]);

  if (!isComplete) return <p className="muted">They are tested as soon as all fields are filled in.</p>;
  if (tested?.key !== key) return <p role="status">Testing…</p>;
  const { message = 'There is no answer', ...result } = tested.result;
  if ('__typename' in result && result.__typename === passed)
    return (
      <p className="note good" role="status">
        {message}
      </p>
    );
  return <ProblemNote problem={{ message, remedy: 'remedy' in result ? (result.remedy ?? null) : null }} />;
}
