import { createTransport } from 'nodemailer';
import { notOk, ok, type Seen } from './finding.js';

const timeoutMs = 10_000;

/** The SMTP server of notices: connects, and signs in where the URL has a user. Sends nothing. */
export async function checkSmtp(url: string): Promise<Seen> {
  const transport = createTransport({
    url,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
  });
  try {
    await transport.verify();
    return ok('it can be reached, and takes the user where there is one; sendTestNotice sends a mail');
  } catch (error) {
    return notOk(
      `the SMTP server that SMTP_URL names cannot be used (${reasonOf(error)}); see that host, port, user and password are right, and that special characters are percent-encoded`,
    );
  } finally {
    transport.close();
  }
}

/** A code, or the status of the server; nothing that the URL holds. */
function reasonOf(error: unknown): string {
  const { code, responseCode } = (error ?? {}) as { readonly code?: unknown; readonly responseCode?: unknown };
  const words = [code, responseCode].filter((word) => typeof word === 'string' || typeof word === 'number');
  return words.length === 0 ? 'unknown' : words.join(' ');
}
