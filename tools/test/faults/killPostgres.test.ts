import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { findFreePort } from '../../src/services/ports.js';
import { startPostgres } from '../../src/services/postgres.js';
import { openFaultHarness } from './faultHarness.js';

it('kill -9 of Postgres, five times under load, causes no lost, duplicate or invented event', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'currents-faults-'));
  // mkdtemp creates it with mode 0700, which excludes the server's account when root runs the tests.
  chmodSync(dataDir, 0o755);
  const port = await findFreePort();
  let postgres = await startPostgres({ dataDir, port });
  const harness = await openFaultHarness({ workers: 1, databaseUrl: postgres.url });
  try {
    const load = harness.startLoad();
    for (let kills = 0; kills < 5; kills++) {
      await wait(1_000);
      process.kill(Number.parseInt(readFileSync(join(dataDir, 'cluster/postmaster.pid'), 'utf8'), 10), 'SIGKILL');
      await wait(300);
      postgres = await startPostgres({ dataDir, port });
    }
    await wait(1_500);
    const sent = await load.stop();
    // Attempts that could not be recorded stay leased for two request timeouts and 30 s.
    await harness.expectAllThere(sent, 60_000);
    expect(sent.troubles).toHaveProperty('HTTP 503');
  } finally {
    await harness.stop();
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}, 180_000);
