import { expect, it } from 'vitest';
import { runNode, startNode } from './programs.js';

const demo = ['tools/run.mjs', 'demo', '--events', '620'];

/** The numbers in the summary of a partner. */
function numbersOf(partner: string, output: string): number[] {
  const line = output.split('\n').find((one) => one.startsWith(`  ${partner}: `)) ?? '';
  expect(line).toMatch(
    /: \d+ selected = \d+ delivered \+ \d+ skipped \+ \d+ rejected \+ \d+ expired \+ \d+ pending\. It shows \d+ distinct events\.$/,
  );
  return (line.match(/\d+/g) ?? []).map(Number);
}

it('npm run demo accounts for every event, and exits with code 0', async () => {
  const { exitCode, output } = await runNode(demo);
  expect(output).toContain('620 events sent: 619 accepted, 1 quarantined');
  for (const partner of ['Mixpanel', 'Amplitude']) {
    const [selected, delivered, skipped, rejected, expired, pending, shown] = numbersOf(partner, output);
    expect([selected, expired, pending, shown]).toEqual([619, 0, 0, delivered]);
    expect(Number(delivered) + Number(skipped) + Number(rejected)).toBe(619);
  }
  expect(output).toMatch(/Every event is accounted for\. Took [\d.]+ s\.\n$/);
  expect(exitCode).toBe(0);
}, 120_000);

it('npm run demo -- --keep keeps running with Currents in every state, and each printed command works', async () => {
  const running = startNode([...demo, '--keep']);
  try {
    const output = await running.waitForOutput(/Three things to try:(\n\n {2}curl .*){3}\n\n/);
    const commands = [
      ...output.matchAll(/^ {2}curl (\S+) -H 'Authorization: (.+?)' -H 'Content-Type: (.+?)' -d '(.+)'$/gm),
    ];
    expect(commands).toHaveLength(3);
    const answers = [];
    for (const [, url = '', authorization = '', type = '', body = ''] of commands) {
      const response = await fetch(url, { method: 'POST', headers: { authorization, 'content-type': type }, body });
      expect(response.status).toBe(200);
      answers.push(await response.json());
    }
    expect(answers).toEqual([
      { accepted: 1, quarantined: 0, quarantinedEvents: [] },
      {
        data: {
          currents: {
            nodes: expect.arrayContaining(
              ['LIVE', 'BLOCKED', 'PAUSED', 'DRAFT'].map((state) => expect.objectContaining({ state })),
            ),
          },
        },
      },
      {
        data: {
          deadLetters: {
            nodes: expect.arrayContaining([
              { code: expect.any(String), detail: expect.any(String), eventType: expect.any(String) },
            ]),
          },
        },
      },
    ]);
  } finally {
    running.interrupt();
  }
  expect((await running.ended).exitCode).toBe(130);
}, 120_000);
