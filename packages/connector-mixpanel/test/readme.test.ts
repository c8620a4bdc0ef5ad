import { awkwardAnswers, itemsOf, jsonAnswer, scriptedHttp } from '@currents/connector/conformance';
import { mixpanel } from '@currents/connector-mixpanel';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { settings } from './payload.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const credentials = mixpanel.credentials.parse({ kind: 'projectToken', token: '9f2c41d07be84a6f8c35e1a2d7460b9e' });

function fieldsOf(schema: any): string[] {
  return [...Object.keys(schema.properties ?? {}), ...(schema.oneOf ?? []).flatMap(fieldsOf)];
}

describe('the README', () => {
  it.each(fieldsOf(z.toJSONSchema(mixpanel.settings, { io: 'input' })))('explains the setting %s', (field) => {
    expect(readme).toMatch(new RegExp(`^\\| \`${field}\` +\\|`, 'm'));
  });

  it.each(fieldsOf(z.toJSONSchema(mixpanel.credentials, { io: 'input' })))('names the credential %s', (field) => {
    expect(readme).toContain(`\`${field}\``);
  });

  it.each(Object.keys(mixpanel.reasons))('explains the reason %s', (reason) => {
    expect(readme).toMatch(new RegExp(`^\\| \`${reason}\` +\\|`, 'm'));
  });

  it('explains every code of a response', async () => {
    const record = { index: 0, message: 'no' };
    const named = [
      jsonAnswer(400, { failed_records: [record] }),
      jsonAnswer(400, { failed_records: [record, 'another'] }),
    ];
    const codes = new Set<string>();
    const withProfiles = mixpanel.settings.parse({ region: 'us', profileUpdates: true });
    const account = { kind: 'serviceAccount', username: 'hub', secret: 'x', projectId: '1' };
    for (const answer of [...Object.values(awkwardAnswers), ...named])
      for (const [items, to] of [
        [itemsOf(mixpanel, settings), { settings, credentials }],
        [itemsOf(mixpanel, withProfiles, 3, 'profiles'), { settings: withProfiles, credentials }],
        [
          itemsOf(mixpanel, withProfiles, 3, 'profiles'),
          { settings: withProfiles, credentials: mixpanel.credentials.parse(account) },
        ],
      ] as const)
        for (const result of await mixpanel.send(items, { ...to, http: scriptedHttp(answer) }))
          if ('code' in result) codes.add(result.code);
    expect(codes).toContain('project_token_needed');
    expect(codes.size).toBeGreaterThan(15);
    for (const code of codes) expect(readme).toContain(`\`${code.replace(/^http_\d+$/, 'http_<status>')}\``);
  });
});
