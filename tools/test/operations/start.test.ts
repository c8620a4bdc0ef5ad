import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runNode, startNode } from './programs.js';

const start = ['tools/run.mjs', 'start'];
const ready =
  /The hub is running\. Ctrl-C stops it\.\n {2}events {3}POST \S+\/v1\/events\n {2}admin {4}(\S+)\n {2}token {4}in (\S+)\n\n/;

describe('npm start', () => {
  let folder: string;
  let dataDir: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'currents-start-'));
    dataDir = join(folder, 'kept');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('runs a hub with its own database, keeps the admin token in a file, and keeps all data for the next start', async () => {
    let token = '';
    for (const round of ['first', 'second']) {
      const hub = startNode([...start, '--data', dataDir], { API_PORT: '0', WORKER_PORT: '0' });
      try {
        const [, graphql = '', file = ''] = ready.exec(await hub.waitForOutput(ready)) ?? [];
        expect(file).toBe(join(dataDir, 'admin.token'));
        expect(statSync(file).mode & 0o777).toBe(0o600);
        token = readFileSync(file, 'utf8').trim();
        const response = await fetch(graphql, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify({
            query:
              round === 'first'
                ? 'mutation { createIngestToken(input: { name: "kept" }) { __typename } }'
                : '{ ingestTokens { nodes { name } } }',
          }),
        });
        const { data } = (await response.json()) as { readonly data: unknown };
        expect(data).toEqual(
          round === 'first'
            ? { createIngestToken: { __typename: 'CreateIngestTokenPayload' } }
            : { ingestTokens: { nodes: [{ name: 'kept' }] } },
        );
      } finally {
        hub.interrupt();
      }
      const { exitCode, output } = await hub.ended;
      expect(output).toContain('Stopping; finishing what is under way');
      expect(output).not.toContain(token);
      expect(exitCode).toBe(0);
    }
    expect(statSync(join(dataDir, 'master.key')).mode & 0o777).toBe(0o600);
  }, 120_000);

  it('has a database in which npm run admin-token makes a token, whether the hub runs or not', async () => {
    const make = () => runNode(['tools/run.mjs', 'admin-token', '--name', 'spare', '--data', dataDir]);
    const stopped = await make();
    expect(stopped.output).toMatch(/^cur_admin_\S+\n$/);
    const hub = startNode([...start, '--data', dataDir], { API_PORT: '0', WORKER_PORT: '0' });
    try {
      const [, graphql = ''] = ready.exec(await hub.waitForOutput(ready)) ?? [];
      const running = await make();
      for (const { output } of [stopped, running]) {
        const response = await fetch(graphql, {
          method: 'POST',
          headers: { authorization: `Bearer ${output.trim()}`, 'content-type': 'application/json' },
          body: '{"query":"{ me { name } }"}',
        });
        expect(await response.json()).toEqual({ data: { me: { name: 'spare' } } });
      }
    } finally {
      hub.interrupt();
    }
    expect((await hub.ended).exitCode).toBe(0);
  }, 120_000);

  it('with the operator’s own database requires MASTER_KEY', async () => {
    const { exitCode, output } = await runNode([...start, '--data', dataDir], {
      DATABASE_URL: 'postgres://127.0.0.1:1/none',
    });
    expect(exitCode).toBe(1);
    expect(output).toContain('MASTER_KEY is missing');
  });
});
