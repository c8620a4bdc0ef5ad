import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { request } from 'undici';
import { startHub, type RunningHub } from '../src/hub/startHub.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(`${root}${path}`, 'utf8');
const readme = read('README.md');
const blocks = (language: string) => [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text]) => text ?? '');

describe('the README', () => {
  let hub: RunningHub;
  beforeAll(async () => {
    hub = await startHub({ environment: { API_PORT: '0', WORKER_PORT: '0', LOG_LEVEL: 'warn' } });
  }, 120_000);
  afterAll(() => hub.stop());

  const ask = async (query: string): Promise<Record<string, Record<string, unknown>>> => {
    const response = await request(`${hub.api.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${hub.adminToken}` },
      body: JSON.stringify({ query }),
    });
    const answer = (await response.body.json()) as { data: Record<string, Record<string, unknown>>; errors?: unknown };
    expect(answer.errors).toBeUndefined();
    return answer.data;
  };

  it('shows GraphQL, a request and an answer that work as they stand', async () => {
    const [createToken = '', createCurrent = '', launch = '', watch = ''] = blocks('graphql');
    const token = (await ask(createToken))['createIngestToken']?.['token'];
    expect(token).toMatch(/^cur_ingest_/);
    expect((await ask(createCurrent))['createCurrent']).toEqual({ id: '1' });
    expect((await ask(launch))['launchCurrent']).toEqual({ __typename: 'Current' });

    const curl = blocks('sh').find((text) => text.includes('curl')) ?? '';
    const body = /-d '([\s\S]*)'/.exec(curl)?.[1] ?? '';
    const path = /127\.0\.0\.1:4000(\S+)/.exec(curl)?.[1] ?? '';
    const response = await request(`${hub.api.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${String(token)}` },
      body,
    });
    expect(response.statusCode).toBe(200);
    expect(await response.body.json()).toEqual(JSON.parse(blocks('json')[0] ?? ''));
    const { currents } = await ask(watch);
    expect(currents?.['nodes']).toMatchObject([{ name: 'Engagement to Mixpanel', counts: { selected: 1 } }]);
  });

  it('names only commands, files and variables that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const texts = [readme, read('CONTRIBUTING.md'), read('ARCHITECTURE.md')];
    const commands = texts.flatMap((text) => [...text.matchAll(/npm (?:run ([\w:]+)|(start|test)\b)/g)].map(([, run, short]) => run ?? short ?? ''));
    expect(commands.length).toBeGreaterThan(5);
    expect([...new Set(commands)].filter((command) => !(command in scripts))).toEqual([]);
    for (const text of texts) {
      for (const [, link = ''] of text.matchAll(/\]\(((?!http)[^)#]+)\)/g)) expect(() => readFileSync(`${root}${link}`), link).not.toThrow(/ENOENT/);
    }
    const variables = [...readme.matchAll(/`([A-Z]+_[A-Z_]+)`/g)].map(([, name = '']) => name);
    const example = read('.env.example');
    expect([...new Set(variables)].filter((name) => !example.includes(name))).toEqual([]);
  });
});
