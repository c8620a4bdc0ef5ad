import { z } from 'zod';

// The messages complete the sentence `"name" must be …, got …`.
const number = z.number('number');
const text = z.string('text');
const texts = z.array(z.string('texts'), 'texts').readonly();
const oneOf = <const Value extends string | number>(...values: Value[]) =>
  z.literal(values, `one of ${values.join(', ')}`);

/** `after-validate`: the request is good and nothing is stored yet. `after-store`: the data is kept and the client does not learn it. */
const moments = ['before-parse', 'after-validate', 'after-store'] as const;

/** Where in a request's life a rule is looked at. */
export type FaultStage = 'connect' | 'head' | (typeof moments)[number];

const action = <Shape extends z.ZodRawShape>(shape: Shape, stages: readonly FaultStage[] = moments) => ({
  shape,
  stages,
});

/** What goes wrong, and the stages it can happen at, the usual one first. Times and rates are real ones, except where they say virtual. */
const actions = {
  status: action({ status: number, body: z.unknown().optional(), headers: z.record(text, text, 'headers').optional() }),
  /** A proxy's error page. */
  html: action({ status: number.optional() }),
  emptyBody: action({ status: number }),
  /** Promises the whole answer, sends a part of it and closes the connection. */
  truncatedBody: action({ sentBytes: number.optional() }, ['after-store', 'before-parse', 'after-validate']),
  delay: action({ ms: number }),
  trickle: action({ bytesPerSecond: number.optional() }),
  hang: action({}),
  reset: action({ at: oneOf('connect', 'afterHeaders', 'afterBody', 'afterStore') }, [
    'connect',
    'head',
    'before-parse',
    'after-store',
  ]),
  /** Closes the listeners: at once when the rule has no match, else when a matching request arrives, which is reset. */
  refuse: action({ seconds: number }, ['head']),
  redirect: action({ location: text, status: oneOf(301, 302, 307, 308).optional() }),
  /** Marks events as failed whatever they hold. */
  partial400: action(
    {
      indexes: z.array(z.int('numbers'), 'numbers').readonly().optional(),
      ids: texts.optional(),
      field: text.optional(),
      message: text.optional(),
      /** How the answer names them: properly; as bare strings; not at all; with an entry too many; twice; by an index in quotes. */
      records: oneOf('objects', 'strings', 'none', 'outOfRange', 'repeated', 'indexAsString').optional(),
      /** Whether the unmarked events are kept. Usually they are, except when the answer does not name the marked ones. */
      stores: oneOf('rest', 'nothing').optional(),
    },
    ['before-parse'],
  ),
  /** A 400 without details whenever one of these events is in the request. */
  blanket400: action({ ids: texts }),
  /** A 403 when the body's text matches the regular expression. */
  waf403: action({ pattern: z.string('regex').refine(isRegex, 'regex') }),
  flip429: action({
    times: number,
    retryAfterSeconds: number.optional(),
    retryAfterForm: oneOf('seconds', 'date').optional(),
    named: z.custom<'none' | 'all' | readonly string[]>(() => true).optional(),
  }),
  /** Refuses the credentials between two moments of virtual time. */
  credentialsRevoked: action({ fromMs: number.optional(), toMs: number.optional() }, ['before-parse']),
  maxBytesNow: action({ bytes: number }, ['before-parse']),
  clockSkew: action({ ms: number }, ['before-parse']),
  gzipRefuse: action({ status: oneOf(400, 415).optional() }, ['before-parse']),
  duplicateDelivery: action({}, ['before-parse']),
  slowRead: action({ bytesPerSecond: number }, ['head']),
  /** Resets a connection at the moment it is used again. */
  keepaliveClose: action({}, ['head']),
};

export type FaultKind = keyof typeof actions;
type ActionOf<Kind extends FaultKind> = z.core.$InferObjectOutput<(typeof actions)[Kind]['shape'], { kind: Kind }>;
export type FaultAction = { [Kind in FaultKind]: ActionOf<Kind> }[FaultKind];
export type Partial400 = ActionOf<'partial400'>;

const matchFields = z.strictObject({
  path: text.optional(),
  project: text.optional(),
  /** Only the nth request that matches the rest, counted from 1. */
  nth: number.optional(),
  /** From the nth matching request on. */
  from: number.optional(),
  /** At most this many times. */
  count: number.optional(),
  /** Any of these events is in the request. */
  eventIdIn: texts.optional(),
  minEvents: number.optional(),
  probability: number.optional(),
});

const ruleFields = z.strictObject({
  /** Given by the fake when absent. */
  id: text.optional(),
  match: z.custom<z.infer<typeof matchFields>>(() => true).optional(),
  when: oneOf(...moments).optional(),
  action: z.custom<FaultAction>((given) => given !== undefined),
});

export type FaultRule = z.infer<typeof ruleFields>;

/**
 * A fault rule from anywhere. Throws what was expected and what it got; a rule that could never apply is an error too.
 * `projectInHeaders` says whether the partner's project can be told before the body has arrived.
 */
export function parseFaultRule(value: unknown, projectInHeaders: boolean): FaultRule {
  const rule = check(ruleFields, value, 'fault rule');
  const kind = (rule.action as { readonly kind?: unknown } | null)?.kind;
  if (typeof kind !== 'string' || !Object.hasOwn(actions, kind))
    throw new Error(`unknown fault action ${JSON.stringify(kind)}; expected one of ${Object.keys(actions).join(', ')}`);
  const { shape, stages } = actions[kind as FaultKind];
  check(z.strictObject({ kind: text, ...shape }), rule.action, `action ${kind}`);
  const match = rule.match === undefined ? {} : check(matchFields, rule.match, 'match');
  if (rule.when !== undefined && !stages.includes(rule.when))
    throw new Error(`action ${kind} cannot happen ${rule.when}; expected ${stages.join(' or ')}`);
  const stage = stageOf(rule);
  if (rule.action.kind === 'reset' && rule.when !== undefined && rule.when !== stage)
    throw new Error(`a reset ${rule.action.at} cannot happen ${rule.when}; leave "when" out`);
  for (const name of unknowableAt(stage, projectInHeaders)) {
    if (name in match)
      throw new Error(`action ${kind} happens before a request's ${name} can be known; match without it`);
  }
  return rule;
}

const resetStages = { connect: 'connect', afterHeaders: 'head', afterBody: 'before-parse', afterStore: 'after-store' };

export function stageOf({ action, when }: FaultRule): FaultStage {
  if (action.kind === 'reset') return resetStages[action.at] as FaultStage;
  return when ?? (actions[action.kind].stages[0] as FaultStage);
}

function unknowableAt(stage: FaultStage, projectInHeaders: boolean): readonly string[] {
  if (stage === 'connect') return ['path', 'project', 'eventIdIn', 'minEvents'];
  if (stage === 'head') return projectInHeaders ? ['eventIdIn', 'minEvents'] : ['project', 'eventIdIn', 'minEvents'];
  return [];
}

function check<Schema extends z.ZodObject>(schema: Schema, value: unknown, what: string): z.infer<Schema> {
  const issues = schema.safeParse(value).error?.issues ?? [];
  for (const { code, keys } of issues as readonly { readonly code: string; readonly keys?: readonly string[] }[]) {
    if (code === 'unrecognized_keys')
      throw new Error(`${what}: unknown "${keys?.[0]}"; expected ${Object.keys(schema.shape).join(', ')}`);
  }
  const [issue] = issues;
  if (issue === undefined) return value as z.infer<Schema>;
  const [name] = issue.path as readonly string[];
  if (name === undefined) throw new Error(`${what}: expected an object, got ${JSON.stringify(value)}`);
  const given = (value as Readonly<Record<string, unknown>>)[name];
  if (given === undefined) throw new Error(`${what}: "${name}" is missing`);
  throw new Error(`${what}: "${name}" must be ${issue.message}, got ${JSON.stringify(given)}`);
}

function isRegex(pattern: string): boolean {
  try {
    new RegExp(pattern);
    return true;
  } catch {
    return false;
  }
}
