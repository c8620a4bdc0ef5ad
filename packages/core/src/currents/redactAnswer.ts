import { redact, type Connector } from '@currents/connector';
import { publicWords } from './destinations.js';

/** What is shorter than this is too short to be a secret, and would be found in any sentence. */
const shortestSecret = 4;

/** Hides the credentials in the words of a partner or a schema, but not what their schema names itself. */
export function shownWords(
  { credentials: schema }: Pick<Connector, 'credentials'>,
  credentials: unknown,
): (text: string) => string {
  const { fields, choices } = publicWords(schema);
  const isSecret = (text: string): boolean => text.length >= shortestSecret && !fields.has(text) && !choices.has(text);
  const secrets = textsIn(credentials).filter(isSecret);
  return (text) => redact(text, { secrets, payloads: [] });
}

/** Every text and number in a value, keys included. */
function textsIn(value: unknown): readonly string[] {
  const rest: unknown[] = [value];
  for (const next of rest) {
    if (typeof next === 'object' && next !== null) for (const part of Object.entries(next).flat()) rest.push(part);
  }
  return rest.filter((part) => typeof part === 'string' || typeof part === 'number').map(String);
}
