import { givenVariables } from './config.js';

/** A setting of a process as it is in force. */
export interface ShownSetting {
  readonly name: string;
  /** Null when it is not set, or may hold a secret. */
  readonly value: string | null;
  readonly source: 'default' | 'environment';
  readonly isSecret: boolean;
}

/** Variables whose values hold neither secrets nor addresses of people. Every other one is shown without its value. */
const plain = new Set([
  ...['API_PORT', 'API_HOST', 'WORKER_PORT', 'WORKER_HOST', 'LOG_LEVEL', 'TRUSTED_PROXIES'],
  ...['INGEST_BODY_MEGABYTES', 'REQUEST_MEGABYTES', 'INGEST_QUEUE_MEGABYTES', 'INGEST_COMMIT_DELAY_MS'],
  ...['INGEST_TOKEN_EVENTS_PER_SECOND', 'INGEST_TOKEN_BYTES_PER_SECOND', 'DRAIN_SECONDS', 'RETRY_AFTER_SECONDS'],
  ...['RETRY_WINDOW_HOURS', 'RETENTION_DAYS', 'QUARANTINE_MEGABYTES', 'DATABASE_MEGABYTES', 'ENFORCE_BUDGETS'],
  ...['REQUEST_TIMEOUT_SECONDS', 'NOTICE_GROUP_SECONDS', 'ALLOW_CUSTOM_BASE_URL', 'ALLOW_PRIVATE_ADDRESSES'],
  ...['REPLACE_MASTER_KEY', 'NO_PROXY', 'TRACES_ENABLED', 'TRACES_TO_PARTNERS'],
  ...['OTEL_TRACES_SAMPLER', 'OTEL_TRACES_SAMPLER_ARG'],
]);

/**
 * The settings of a process, by name, from what `readVariables` has made of its environment.
 * @param names all variables that the process reads.
 */
export function showSettings(
  names: readonly string[],
  config: object,
  environment: NodeJS.ProcessEnv,
): readonly ShownSetting[] {
  const given = givenVariables(environment);
  const defaults = new Map(
    Object.entries(config).flatMap(([name, value]: [string, unknown]) =>
      typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
        ? [[name, String(value)] as const]
        : [],
    ),
  );
  return [...names].sort().map((name) => {
    const isSecret = !plain.has(name);
    const inForce = given[name] ?? defaults.get(name);
    return {
      name,
      value: isSecret || inForce === undefined ? null : inForce.slice(0, maxLength),
      source: given[name] === undefined ? 'default' : 'environment',
      isSecret,
    };
  });
}

const maxLength = 200;
