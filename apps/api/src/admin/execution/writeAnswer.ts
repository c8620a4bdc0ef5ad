import { runInSteps } from '@currents/core';
import type { FormattedExecutionResult } from 'graphql';

/** Characters of an answer. A page of 200 dead letters with ordinary events has less than one million. */
const maxCharacters = 16 * 1024 * 1024;
/** Parts of an answer that are written in one step. */
const partsPerStep = 500;

/** The JSON of an answer, written in steps; of one that is too long, an error. */
export async function writeAnswer(answer: FormattedExecutionResult): Promise<string> {
  const text = await runInSteps(write(answer));
  return `${text ?? JSON.stringify({ errors: [tooLong] })}\n`;
}

const tooLong = {
  message: `the answer would have more than ${maxCharacters} characters; ask for fewer fields or shorter pages`,
  extensions: { code: 'ANSWER_TOO_LARGE' },
};

/** Undefined when the text would be too long. */
function* write(value: unknown): Generator<undefined, string | undefined> {
  /** One text for each step: the garbage collector copies what lives on, and the pieces of a step do not. */
  const texts: string[] = [];
  const keys = new Map<string, string>();
  let pieces: string[] = [];
  let characters = 0;
  let parts = 0;
  const add = (piece: string): void => {
    pieces.push(piece);
    characters += piece.length;
  };
  const endStep = (): void => {
    texts.push(pieces.join(''));
    pieces = [];
  };
  const writeKey = (key: string): string => {
    let written = keys.get(key);
    if (written === undefined) keys.set(key, (written = `${JSON.stringify(key)}:`));
    return written;
  };
  function* walk(part: unknown): Generator<undefined, void> {
    if (++parts % partsPerStep === 0) {
      endStep();
      yield undefined;
    }
    if (characters > maxCharacters) return;
    if (Array.isArray(part)) {
      add('[');
      for (const [index, item] of part.entries()) {
        if (index > 0) add(',');
        yield* walk(item);
      }
      add(']');
    } else if (isPlain(part)) {
      let separator = '{';
      for (const key in part) {
        const inner = part[key];
        if (inner === undefined) continue;
        add(separator);
        add(writeKey(key));
        separator = ',';
        if (typeof inner === 'object' && inner !== null) yield* walk(inner);
        else add(JSON.stringify(inner));
      }
      add(separator === '{' ? '{}' : '}');
    } else add(JSON.stringify(part) ?? 'null');
  }
  yield* walk(value);
  endStep();
  return characters > maxCharacters ? undefined : texts.join('');
}

/** Other objects, such as dates, have a JSON of their own. */
function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !('toJSON' in value);
}
