import { awkwardAnswers, itemsOf, scriptedHttp } from '@currents/connector/conformance';
import { http } from '@currents/connector-http';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const fieldsOf = (schema: z.ZodType): string[] => Object.keys(z.toJSONSchema(schema, { io: 'input' }).properties ?? {});

describe('the README', () => {
  it.each([...fieldsOf(http.settings), ...fieldsOf(http.credentials), ...Object.keys(http.reasons)])(
    'explains %s',
    (name) => expect(readme).toMatch(new RegExp(`^\\| \`${name}\` +\\|`, 'm')),
  );

  it('explains every code of an answer', async () => {
    const settings = http.settings.parse({
      url: 'https://collector.example.com/',
      gzip: true,
      deliveredStatuses: '202',
    });
    const codes = new Set<string>();
    for (const answer of Object.values(awkwardAnswers)) {
      const items = itemsOf(http, settings);
      for (const result of await http.send(items, { settings, credentials: {}, http: scriptedHttp(answer) }))
        if ('code' in result) codes.add(result.code);
    }
    expect(codes.size).toBeGreaterThan(12);
    for (const code of codes) expect(readme).toContain(`\`${code.replace(/^http_\d+$/, 'http_<status>')}\``);
  });
});
