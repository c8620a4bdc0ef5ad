import { stageOf, stagesOf, type FaultKind, type FaultRule, type FaultStage } from './rule.js';

type Expected =
  'number' | 'text' | 'texts' | 'numbers' | 'headers' | 'anything' | 'regex' | readonly (string | number)[];

interface Field {
  readonly expected: Expected;
  readonly required?: true;
}

const required = (expected: Expected): Field => ({ expected, required: true });
const optional = (expected: Expected): Field => ({ expected });

const actionFields: Readonly<Record<FaultKind, Readonly<Record<string, Field>>>> = {
  status: { status: required('number'), body: optional('anything'), headers: optional('headers') },
  html: { status: optional('number') },
  emptyBody: { status: required('number') },
  truncatedBody: { sentBytes: optional('number') },
  delay: { ms: required('number') },
  trickle: { bytesPerSecond: optional('number') },
  hang: {},
  reset: { at: required(['connect', 'afterHeaders', 'afterBody', 'afterStore']) },
  refuse: { seconds: required('number') },
  redirect: { location: required('text'), status: optional([301, 302, 307, 308]) },
  partial400: {
    indexes: optional('numbers'),
    ids: optional('texts'),
    field: optional('text'),
    message: optional('text'),
    records: optional(['objects', 'strings', 'none', 'outOfRange', 'repeated', 'indexAsString']),
    stores: optional(['rest', 'nothing']),
  },
  blanket400: { ids: required('texts') },
  waf403: { pattern: required('regex') },
  flip429: {
    times: required('number'),
    retryAfterSeconds: optional('number'),
    retryAfterForm: optional(['seconds', 'date']),
    named: optional('anything'),
  },
  credentialsRevoked: { fromMs: optional('number'), toMs: optional('number') },
  maxBytesNow: { bytes: required('number') },
  clockSkew: { ms: required('number') },
  gzipRefuse: { status: optional([400, 415]) },
  duplicateDelivery: {},
  slowRead: { bytesPerSecond: required('number') },
  keepaliveClose: {},
};

const matchFields: Readonly<Record<string, Field>> = {
  path: optional('text'),
  project: optional('text'),
  nth: optional('number'),
  from: optional('number'),
  count: optional('number'),
  eventIdIn: optional('texts'),
  minEvents: optional('number'),
  probability: optional('number'),
};

const ruleFields: Readonly<Record<string, Field>> = {
  id: optional('text'),
  match: optional('anything'),
  when: optional(['before-parse', 'after-validate', 'after-store']),
  action: required('anything'),
};

/**
 * A fault rule from anywhere. Throws what was expected and what it got; a rule that could never apply is an error too.
 * `projectInHeaders` says whether the partner's project can be told before the body has arrived.
 */
export function parseFaultRule(value: unknown, projectInHeaders: boolean): FaultRule {
  const rule = check(value, ruleFields, 'fault rule') as unknown as FaultRule;
  const kind = (rule.action as { readonly kind?: unknown } | null)?.kind;
  if (typeof kind !== 'string' || !Object.hasOwn(actionFields, kind)) {
    throw new Error(
      `unknown fault action ${JSON.stringify(kind)}; expected one of ${Object.keys(actionFields).join(', ')}`,
    );
  }
  check(rule.action, { kind: required('text'), ...actionFields[kind as FaultKind] }, `action ${kind}`);
  const match = rule.match === undefined ? {} : check(rule.match, matchFields, 'match');
  if (rule.when !== undefined && !stagesOf[rule.action.kind].includes(rule.when)) {
    throw new Error(`action ${kind} cannot happen ${rule.when}; expected ${stagesOf[rule.action.kind].join(' or ')}`);
  }
  const stage = stageOf(rule);
  if (rule.action.kind === 'reset' && rule.when !== undefined && rule.when !== stage) {
    throw new Error(`a reset ${rule.action.at} cannot happen ${rule.when}; leave "when" out`);
  }
  for (const name of unknowableAt(stage, projectInHeaders)) {
    if (name in match)
      throw new Error(`action ${kind} happens before a request's ${name} can be known; match without it`);
  }
  return rule;
}

function unknowableAt(stage: FaultStage, projectInHeaders: boolean): readonly string[] {
  if (stage === 'connect') return ['path', 'project', 'eventIdIn', 'minEvents'];
  if (stage === 'head') return projectInHeaders ? ['eventIdIn', 'minEvents'] : ['project', 'eventIdIn', 'minEvents'];
  return [];
}

function check(
  value: unknown,
  fields: Readonly<Record<string, Field>>,
  what: string,
): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${what}: expected an object, got ${show(value)}`);
  const record = value as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(record)) {
    if (!Object.hasOwn(fields, name))
      throw new Error(`${what}: unknown "${name}"; expected ${Object.keys(fields).join(', ') || 'nothing'}`);
  }
  for (const [name, field] of Object.entries(fields)) {
    const given = record[name];
    if (given === undefined) {
      if (field.required === true) throw new Error(`${what}: "${name}" is missing`);
    } else if (!fits(given, field.expected)) {
      const expected = typeof field.expected === 'string' ? field.expected : `one of ${field.expected.join(', ')}`;
      throw new Error(`${what}: "${name}" must be ${expected}, got ${show(given)}`);
    }
  }
  return record;
}

function fits(value: unknown, expected: Expected): boolean {
  switch (expected) {
    case 'anything':
      return true;
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    case 'text':
      return typeof value === 'string';
    case 'texts':
      return Array.isArray(value) && value.every((item) => typeof item === 'string');
    case 'numbers':
      return Array.isArray(value) && value.every((item) => Number.isInteger(item));
    case 'headers':
      return (
        typeof value === 'object' && value !== null && Object.values(value).every((item) => typeof item === 'string')
      );
    case 'regex':
      return typeof value === 'string' && isRegex(value);
    default:
      return (expected as readonly unknown[]).includes(value);
  }
}

function isRegex(pattern: string): boolean {
  try {
    new RegExp(pattern);
    return true;
  } catch {
    return false;
  }
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
