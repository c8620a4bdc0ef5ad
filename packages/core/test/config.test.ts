import { ConfigInvalid, networkOf, readVariables, secretText, sharedVariables, wholeNumber } from '@currents/core';
import { describe, expect, it } from 'vitest';

const shape = {
  ...sharedVariables,
  PORT: wholeNumber(0, 65535).default(4000),
  PARTNER_API_KEY: secretText().optional(),
};
const good = { DATABASE_URL: 'postgres://hub@127.0.0.1/hub', MASTER_KEY: Buffer.alloc(32, 1).toString('base64') };
const complaint = (environment: Record<string, string>): string => {
  try {
    readVariables(shape, environment);
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.message;
    throw error;
  }
  return 'none';
};

describe('the configuration', () => {
  it('requires a database and a master key, and has defaults for all other variables', () => {
    expect(readVariables(shape, { ...good, SOMETHING_ELSE: 'x' })).toEqual({
      DATABASE_URL: good.DATABASE_URL,
      MASTER_KEY: Buffer.alloc(32, 1),
      ALLOW_CUSTOM_BASE_URL: false,
      REPLACE_MASTER_KEY: false,
      RETRY_WINDOW_HOURS: 48,
      QUARANTINE_MEGABYTES: 1_000,
      ALLOW_PRIVATE_ADDRESSES: false,
      LOG_LEVEL: 'info',
      TRACES_ENABLED: false,
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: 0.01,
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318',
      PORT: 4000,
    });
  });

  it('treats an empty variable as missing', () => {
    expect(readVariables(shape, { ...good, REDIS_URL: '', PORT: '' })).toMatchObject({ PORT: 4000 });
    expect(complaint({ ...good, DATABASE_URL: '' })).toContain('DATABASE_URL is missing');
  });

  it('loses the blanks and line ends that were pasted along with a value', () => {
    const pasted = Object.entries({ ...good, PARTNER_API_KEY: 'key', PORT: '4711', REDIS_URL: ' \n' }).map(
      ([name, value]) => [name, `\u00a0 ${value}\u200b\r\n`],
    );
    expect(readVariables(shape, Object.fromEntries(pasted) as Record<string, string>)).toMatchObject({
      DATABASE_URL: good.DATABASE_URL,
      MASTER_KEY: Buffer.alloc(32, 1),
      PARTNER_API_KEY: 'key',
      PORT: 4711,
    });
  });

  it('is refused with one error that names every invalid variable and the expected value, but no actual value', () => {
    const wrong = {
      DATABASE_URL: 'CANARY',
      REDIS_URL: 'CANARY',
      MASTER_KEY: 'CANARY',
      ALLOW_CUSTOM_BASE_URL: 'CANARY',
      LOG_LEVEL: 'CANARY',
      PORT: 'CANARY',
    };
    const [head, ...lines] = complaint(wrong).split('\n');
    expect(head).toBe('the configuration is not usable:');
    expect(lines.map((line) => line.trim().split(' ')[0])).toEqual([
      'DATABASE_URL',
      'REDIS_URL',
      'MASTER_KEY',
      'ALLOW_CUSTOM_BASE_URL',
      'LOG_LEVEL',
      'PORT',
    ]);
    for (const line of lines) expect(line).toContain('expected');
    expect(lines.join()).not.toContain('CANARY');
  });

  it.each([
    ['MASTER_KEY', Buffer.alloc(31).toString('base64')],
    ['MASTER_KEY', Buffer.alloc(33).toString('base64')],
    ['DATABASE_URL', 'mysql://hub@127.0.0.1/hub'],
    ['REDIS_URL', 'http://127.0.0.1:6379'],
    ['ALLOW_CUSTOM_BASE_URL', 'yes'],
    ['ALLOW_PRIVATE_ADDRESSES', 'yes'],
    ['HTTPS_PROXY', 'proxy.example.com:3128'],
    ['HTTP_PROXY', 'socks5://proxy.example.com'],
    ['MASTER_KEY', `"${Buffer.alloc(32, 1).toString('base64')}"`],
    ['MASTER_KEY', `Bearer ${Buffer.alloc(32, 1).toString('base64')}`],
    ['PARTNER_API_KEY', '<partner key>'],
    ['PARTNER_API_KEY', 'Bearer abc'],
    ['PARTNER_API_KEY', '"abc"'],
    ['PORT', '-1'],
    ['PORT', '65536'],
    ['PORT', '4000.5'],
    ['PORT', '0x10'],
  ])('refuses %s=%j', (name, value) => {
    expect(complaint({ ...good, [name]: value })).toMatch(
      new RegExp(`^the configuration is not usable: ${name} expected [^\\n]*$`),
    );
  });

  it('reads the variables of proxies in both cases, of which the lower one is preferred', () => {
    const read = (environment: Record<string, string>) => networkOf(readVariables(shape, { ...good, ...environment }));
    const lower = { https_proxy: 'http://lower:1', no_proxy: 'a.example' };
    expect(read({})).toEqual({ allowPrivateAddresses: false });
    expect(read({ NO_PROXY: '*' })).toEqual({ allowPrivateAddresses: false });
    expect(read({ ...lower, HTTPS_PROXY: 'http://upper:1' }).proxies).toEqual({
      https: 'http://lower:1',
      http: undefined,
      none: 'a.example',
    });
    expect(read({ HTTP_PROXY: 'http://upper:1', http_proxy: '' }).proxies).toMatchObject({ http: 'http://upper:1' });
  });

  it.each([
    ['REDIS_URL', 'redis://:CANARY@redis.example.com:port'],
    ['REDIS_URL', 'redis://:CANARY%zz@redis.example.com'],
    ['HTTPS_PROXY', 'http://ana:CANARY%zz@proxy.example.com'],
    ['HTTP_PROXY', 'http://ana:CANARY%zz@proxy.example.com'],
    ['SMTP_URL', 'smtp://ana:CANARY%zz@smtp.example.com'],
  ])('refuses a %s that its reader could not read: %s', (name, url) => {
    const message = complaint({ ...good, [name]: url });
    expect(message).toMatch(new RegExp(`^the configuration is not usable: ${name} expected .* percent-encoded$`));
    expect(message).not.toContain('CANARY');
  });
});
