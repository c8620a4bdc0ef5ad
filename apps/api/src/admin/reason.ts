import { QuestionRefused } from '@currents/core';

const maxLength = 300;

/** Why an admin discards something. Throws `QuestionRefused` when it says nothing, or too much. */
export function checkReason(reason: string): void {
  const { length } = reason.trim();
  if (length < 1 || reason.length > maxLength)
    throw new QuestionRefused(
      `input.reason: expected 1 to ${maxLength} characters, got ${length < 1 ? 0 : reason.length}`,
    );
}
