import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readShownSettings as settingsOfApi } from '../../src/config.js';
import { openAdminHarness, type AdminHarness } from './adminHarness.js';

let harness: AdminHarness;
beforeAll(async () => void (harness = await openAdminHarness()));
afterAll(() => harness.close());

const everything = `{ hub {
  version nodeVersion startedAt settings { name value source isSecret }
  workers { startedAt isAlive version currentCount settings { name value source isSecret } }
  queue { backend waitingCount activeCount delayedCount }
  database { serverVersion byteCount freeByteCount tables { name byteCount partitionCount oldestDay newestDay } } } }`;

describe('the hub', () => {
  it('tells its versions, queue, tables with their days, and settings', async () => {
    const hub = await harness.do(everything);
    expect(hub).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      nodeVersion: process.versions.node,
      settings: [{ name: 'API_PORT', value: '4000', source: 'DEFAULT', isSecret: false }],
      queue: { backend: 'POSTGRES', waitingCount: 0, activeCount: 0, delayedCount: 0 },
    });
    const { tables, byteCount } = hub.database;
    const batch = tables.find(({ name }: { name: string }) => name === 'batch');
    expect(batch).toMatchObject({ oldestDay: expect.stringMatching(/^20\d\d-\d\d-\d\d$/) });
    expect(batch.partitionCount).toBeGreaterThan(1);
    const sum = tables.reduce((total: number, table: { byteCount: number }) => total + table.byteCount, 0);
    expect(sum).toBeLessThanOrEqual(byteCount);
  });

  it('lists a worker that has died, with what it ran', async () => {
    await harness.sql`
      insert into worker_lease (id, version, settings)
      values (77, '0.9.0', ${harness.sql.json([{ name: 'RETENTION_DAYS', value: '7', source: 'environment', isSecret: false }])})`;
    await harness.sql`insert into worker_lease (id, started_at) values (78, now() - interval '1 hour')`;
    // What was read a moment ago is answered for two seconds.
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    const { workers } = await harness.do(everything);
    expect(workers).toMatchObject([
      {
        isAlive: false,
        version: '0.9.0',
        currentCount: 0,
        settings: [{ name: 'RETENTION_DAYS', value: '7', source: 'ENVIRONMENT', isSecret: false }],
      },
      { version: null, settings: null },
    ]);
  });
});

describe('settings', () => {
  const environment = {
    DATABASE_URL: 'postgres://hub:CANARY@db.example.com/hub',
    MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    REDIS_URL: 'redis://:CANARY@redis.example.com',
    SMTP_URL: 'smtps://user:CANARY@smtp.example.com',
    NOTICE_FROM: 'canary@example.com',
    HTTPS_PROXY: 'http://user:CANARY@proxy.example.com:3128',
    PARTNER_API_KEY: 'CANARY',
    API_PORT: ' 4100 ',
  };
  const settings = new Map(settingsOfApi(environment).map((setting) => [setting.name, setting]));

  it('are shown with their source, and defaults as they are in force', () => {
    expect(settings.get('API_PORT')).toMatchObject({ value: '4100', source: 'environment', isSecret: false });
    expect(settings.get('DRAIN_SECONDS')).toMatchObject({ value: '5', source: 'default', isSecret: false });
    expect(settings.get('TRUSTED_PROXIES')).toMatchObject({ value: null, source: 'default' });
  });

  it('never tell a secret, nor any variable that is not known to be harmless', () => {
    const text = JSON.stringify([...settings.values()]);
    expect(text).not.toMatch(/canary|example\.com|BwcH/i);
    for (const name of Object.keys(environment).filter((each) => each !== 'API_PORT'))
      expect(settings.get(name), name).toMatchObject({ value: null, source: 'environment', isSecret: true });
  });
});
