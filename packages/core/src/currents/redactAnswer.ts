import type { Connector } from '@currents/connector';
import { publicWords } from './destinations.js';
import { containsSecret, secretsIn } from '../secrets/containsSecret.js';

/** Lets a partner's words through to an admin, unless they repeat part of the credentials. */
export function shownWords(connector: Connector, credentials: unknown): (text: string) => string {
  const { fields, choices } = publicWords(connector.credentials);
  const secrets = secretsIn(credentials, new Set([...fields, ...choices]));
  return (text) =>
    containsSecret(text, secrets) ? 'the answer is not shown, because it repeats part of the credentials' : text;
}
