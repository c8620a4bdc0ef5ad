import type { Connector } from '@currents/connector';
import type { Admin } from '../admin/admin.js';
import type { Problem } from '../admin/problem.js';
import { errorKind } from '../delivery/attemptContext.js';
import { testConnection } from '../delivery/compression.js';
import { shownWords } from './redactAnswer.js';

/** The destination would take events. */
type TestPassed = Problem<'TestPassed'>;

/** The destination said no, or said nothing. */
export type TestFailed = Problem<
  'TestFailed',
  {
    outcome: 'refused' | 'unreachable';
    reason: string;
    /** What to do about it, where that is not what is to be done about a Current. */
    remedy?: string;
  }
>;

/** Asks a destination by the test request of its connector. Sends no events, and repeats no credentials. */
export async function testDestination(
  { http }: Pick<Admin, 'http'>,
  connector: Pick<Connector, 'label' | 'credentials' | 'test'>,
  { settings, credentials }: { readonly settings: unknown; readonly credentials: unknown },
): Promise<TestPassed | TestFailed> {
  const shown = shownWords(connector, credentials);
  let answer;
  try {
    answer = await testConnection(connector, { settings, credentials, http });
  } catch (error) {
    const message = `the connector failed: ${errorKind(error)}`;
    return { kind: 'TestFailed', outcome: 'unreachable', reason: 'test_threw', message };
  }
  if (answer.outcome !== 'passed')
    return { kind: 'TestFailed', outcome: answer.outcome, reason: answer.code, message: shown(answer.detail) };
  return { kind: 'TestPassed', message: `${connector.label} would accept events with these settings and credentials` };
}
