import { pastedFault, trimPasted } from '@currents/connector';
import { z } from 'zod';
import { DatabaseUrlInvalid, parseDatabaseUrl } from '../db/databaseUrl.js';
import { OperatorError } from '../operatorError.js';
import type { QueueConnection } from '../queue.js';
import type { Network } from './http.js';
import { samplerNames } from './samplerNames.js';

export const yesOrNo = z
  .enum(['true', 'false'], { error: 'expected true or false' })
  .transform((word) => word === 'true');

/** What reads a URL in the end refuses some with an error that shows all of it, the password too. */
function isUrl(text: string, begin: RegExp): boolean {
  if (!begin.test(text) || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return [username, password].every((part) => isDecodable(part));
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function proxyUrl() {
  return z
    .string()
    .refine((url) => isUrl(url, /^https?:\/\//), {
      error:
        'expected the URL of a proxy, such as http://user:password@proxy.example.com:3128, with special characters percent-encoded',
    })
    .optional();
}

/** Where traces are sent to. */
function collectorUrl() {
  return z.string().refine((url) => /^https?:\/\//.test(url) && URL.canParse(url), {
    error: 'expected a URL that begins with http:// or https://, such as http://collector.example.com:4318',
  });
}

/** Values may be percent-encoded (OpenTelemetry Protocol Exporter, Specifying headers via environment variables). */
function decodeHeader(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** Each of them is tried for a secret that does not say which key sealed it. */
const maxFallbacks = 5;

/** Node leaves out whatever is not base64. */
function keyOf(text: string): Buffer {
  return Buffer.from(/^[A-Za-z0-9+/_-]+=*$/.test(text) ? text : '', 'base64');
}

/** Variables that the api and the worker share, read from the environment once, at start. */
export const sharedVariables = {
  DATABASE_URL: z
    .string({
      error:
        'is missing; wanted the URL of a Postgres 13 or newer, such as postgres://user:password@host:5432/currents',
    })
    .superRefine((url, context) => {
      try {
        parseDatabaseUrl(url);
      } catch (error) {
        if (!(error instanceof DatabaseUrlInvalid)) throw error;
        context.addIssue({ code: 'custom', message: error.message });
      }
    }),
  REDIS_URL: z
    .string()
    .refine((url) => isUrl(url, /^rediss?:\/\//), {
      error:
        'expected a URL that begins with redis:// or rediss://, such as redis://:password@redis.example.com:6379, with special characters percent-encoded',
    })
    .optional(),
  MASTER_KEY: z
    .string({ error: 'is missing; wanted 32 random bytes in base64, as `openssl rand -base64 32` makes them' })
    .transform(keyOf)
    .refine((key) => key.length === 32, {
      error: 'expected exactly 32 bytes in base64, as `openssl rand -base64 32` makes them',
    }),
  MASTER_KEY_FALLBACKS: z
    .string()
    .transform((text) => text.split(',').map((key) => keyOf(key.trim())))
    .refine((keys) => keys.length <= maxFallbacks && keys.every((key) => key.length === 32), {
      error: `expected 1 to ${maxFallbacks} keys separated by commas; each is exactly 32 bytes in base64`,
    })
    .optional(),
  REPLACE_MASTER_KEY: yesOrNo.default(false),
  RETRY_WINDOW_HOURS: wholeNumber(1, 24 * 30).default(48),
  QUARANTINE_MEGABYTES: wholeNumber(0, 1_000_000).default(1_000),
  ALLOW_CUSTOM_BASE_URL: yesOrNo.default(false),
  ALLOW_PRIVATE_ADDRESSES: yesOrNo.default(false),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      error: 'expected trace, debug, info, warn, error, fatal or silent',
    })
    .default('info'),
  TRACES_ENABLED: yesOrNo.default(false),
  OTEL_TRACES_SAMPLER: z
    .enum(samplerNames, { error: `expected ${samplerNames.slice(0, -1).join(', ')} or ${samplerNames.at(-1)}` })
    .default('parentbased_traceidratio'),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .refine((text) => /^\d*\.?\d+$/.test(text) && Number(text) <= 1, { error: 'expected a number from 0 to 1' })
    .transform(Number)
    .default(0.01),
  OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl().default('http://localhost:4318'),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: collectorUrl().optional(),
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .refine((text) => text.split(',').every((pair) => /^\s*[\w.-]+=[^,]*$/.test(pair)), {
      error: 'expected headers as name=value, separated by commas',
    })
    .transform((text) =>
      Object.fromEntries(
        text.split(',').map((pair) => {
          const at = pair.indexOf('=');
          return [pair.slice(0, at).trim(), decodeHeader(pair.slice(at + 1).trim())];
        }),
      ),
    )
    .optional(),
  HTTPS_PROXY: proxyUrl(),
  HTTP_PROXY: proxyUrl(),
  NO_PROXY: z.string().optional(),
  SMTP_URL: z
    .string()
    .refine((url) => isUrl(url, /^smtps?:\/\//), {
      error:
        'expected a URL that begins with smtp:// or smtps://, such as smtps://user:password@smtp.example.com, with special characters percent-encoded',
    })
    .optional(),
  NOTICE_FROM: z
    .string()
    .refine(isAddress, { error: 'expected an e-mail address such as currents@example.com' })
    .optional(),
};

const address = z.email();

function isAddress(text: string): boolean {
  return text.length <= 254 && address.safeParse(text).success;
}

/** E-mail addresses, separated by commas. */
export function addressList() {
  const error = 'expected up to 20 e-mail addresses separated by commas, such as ana@example.com,ops@example.com';
  return z
    .string()
    .transform((text) => text.split(',').map((each) => each.trim()))
    .refine((addresses) => addresses.length <= 20 && addresses.every(isAddress), { error });
}

/** A whole number from `from` to `to`. */
export function wholeNumber(from: number, to: number) {
  const error = `expected a whole number from ${from} to ${to}`;
  return z
    .string()
    .regex(/^\d+$/, { error })
    .transform(Number)
    .refine((value) => value >= from && value <= to, { error });
}

/** An environment that is not usable: one sentence, or with several variables wrong a line for each. */
export class ConfigInvalid extends OperatorError {
  constructor(readonly problems: readonly string[]) {
    const [only, ...others] = problems;
    const list = others.length === 0 ? ` ${only}` : problems.map((problem) => `\n  ${problem}`).join('');
    super(`the configuration is not usable:${list}`);
    this.name = 'ConfigInvalid';
  }
}

/** A secret that is compared with what others send. */
export function secretText() {
  return z.string().superRefine((secret, context) => {
    const fault = pastedFault(secret);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: `expected the value alone, got ${fault}` });
  });
}

/**
 * Reads all variables at once, so that one error names every wrong one. Blanks and line ends around a value are left out,
 * and empty counts as absent. Values are never quoted.
 */
export function readVariables<Shape extends z.ZodRawShape>(
  shape: Shape,
  environment: NodeJS.ProcessEnv,
): z.output<z.ZodObject<Shape>> {
  const read = z.object(shape).safeParse(givenVariables(environment));
  if (read.success) return read.data;
  throw new ConfigInvalid(read.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`));
}

/** The variables that are set, as they are read. */
export function givenVariables(environment: NodeJS.ProcessEnv): Readonly<Record<string, string | undefined>> {
  const all = Object.entries({ ...environment, ...withLowerCaseProxies(environment) });
  const trimmed = all.map(([name, value]) => [name, value && trimPasted(value)] as const);
  return Object.fromEntries(trimmed.filter(([, value]) => value !== ''));
}

/** The variables of proxies are written in both cases, and most programs prefer the lower one. */
function withLowerCaseProxies(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'];
  const lower = names.map((name) => [name, environment[name.toLowerCase()]] as const);
  return Object.fromEntries(lower.filter(([, value]) => value !== undefined && value !== ''));
}

/** Redis where there is one, otherwise the hub's own database. */
export function queueConnectionOf({
  REDIS_URL,
  DATABASE_URL,
}: Pick<z.output<z.ZodObject<typeof sharedVariables>>, 'REDIS_URL' | 'DATABASE_URL'>): QueueConnection {
  return REDIS_URL === undefined ? { databaseUrl: DATABASE_URL } : { redisUrl: REDIS_URL };
}

type NetworkVariables = 'ALLOW_PRIVATE_ADDRESSES' | 'HTTPS_PROXY' | 'HTTP_PROXY' | 'NO_PROXY';

/** Where the process may connect to, and how. */
export function networkOf(config: Pick<z.output<z.ZodObject<typeof sharedVariables>>, NetworkVariables>): Network {
  const hasProxy = config.HTTPS_PROXY !== undefined || config.HTTP_PROXY !== undefined;
  const proxies = { https: config.HTTPS_PROXY, http: config.HTTP_PROXY, none: config.NO_PROXY };
  return { allowPrivateAddresses: config.ALLOW_PRIVATE_ADDRESSES, ...(hasProxy && { proxies }) };
}
