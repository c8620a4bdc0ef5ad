import type { Partial400 } from '../exchange.js';

/** What goes wrong. Times and rates in actions are real ones, except where they say virtual. */
export type FaultAction =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** A proxy's error page. */
  | { readonly kind: 'html'; readonly status?: number }
  | { readonly kind: 'emptyBody'; readonly status: number }
  /** Promises the whole answer, sends a part of it and closes the connection. */
  | { readonly kind: 'truncatedBody'; readonly sentBytes?: number }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'trickle'; readonly bytesPerSecond?: number }
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset'; readonly at: 'connect' | 'afterHeaders' | 'afterBody' | 'afterStore' }
  /** Closes the listeners: at once when the rule has no match, else when a matching request arrives, which is reset. */
  | { readonly kind: 'refuse'; readonly seconds: number }
  | { readonly kind: 'redirect'; readonly location: string; readonly status?: 301 | 302 | 307 | 308 }
  | Partial400
  /** A 400 without details whenever one of these events is in the request. */
  | { readonly kind: 'blanket400'; readonly ids: readonly string[] }
  /** A 403 when the body's text matches the regular expression. */
  | { readonly kind: 'waf403'; readonly pattern: string }
  | {
      readonly kind: 'flip429';
      readonly times: number;
      readonly retryAfterSeconds?: number;
      readonly retryAfterForm?: 'seconds' | 'date';
      readonly named?: 'none' | 'all' | readonly string[];
    }
  /** Refuses the credentials between two moments of virtual time. */
  | { readonly kind: 'credentialsRevoked'; readonly fromMs?: number; readonly toMs?: number }
  | { readonly kind: 'maxBytesNow'; readonly bytes: number }
  | { readonly kind: 'clockSkew'; readonly ms: number }
  | { readonly kind: 'gzipRefuse'; readonly status?: 400 | 415 }
  | { readonly kind: 'duplicateDelivery' }
  | { readonly kind: 'slowRead'; readonly bytesPerSecond: number }
  /** Resets a connection at the moment it is used again. */
  | { readonly kind: 'keepaliveClose' };

export type FaultKind = FaultAction['kind'];

export interface FaultMatch {
  readonly path?: string;
  readonly project?: string;
  /** Only the nth request that matches the rest, counted from 1. */
  readonly nth?: number;
  /** From the nth matching request on. */
  readonly from?: number;
  /** At most this many times. */
  readonly count?: number;
  /** Any of these events is in the request. */
  readonly eventIdIn?: readonly string[];
  readonly minEvents?: number;
  readonly probability?: number;
}

/** `after-validate`: the request is good and nothing is stored yet. `after-store`: the data is kept and the client does not learn it. */
export type FaultMoment = 'before-parse' | 'after-validate' | 'after-store';

export interface FaultRule {
  /** Given by the fake when absent. */
  readonly id?: string;
  readonly match?: FaultMatch;
  readonly when?: FaultMoment;
  readonly action: FaultAction;
}

/** Where in a request's life a rule is looked at. */
export type FaultStage = 'connect' | 'head' | FaultMoment;

const laterMoments: readonly FaultStage[] = ['before-parse', 'after-validate', 'after-store'];

/** The stages an action can happen at, the usual one first. */
export const stagesOf: Readonly<Record<FaultKind, readonly FaultStage[]>> = {
  status: laterMoments,
  html: laterMoments,
  emptyBody: laterMoments,
  truncatedBody: ['after-store', 'before-parse', 'after-validate'],
  delay: laterMoments,
  trickle: laterMoments,
  hang: laterMoments,
  reset: ['connect', 'head', 'before-parse', 'after-store'],
  refuse: ['head'],
  redirect: laterMoments,
  partial400: ['before-parse'],
  blanket400: laterMoments,
  waf403: laterMoments,
  flip429: laterMoments,
  credentialsRevoked: ['before-parse'],
  maxBytesNow: ['before-parse'],
  clockSkew: ['before-parse'],
  gzipRefuse: ['before-parse'],
  duplicateDelivery: ['before-parse'],
  slowRead: ['head'],
  keepaliveClose: ['head'],
};

const resetStages = {
  connect: 'connect',
  afterHeaders: 'head',
  afterBody: 'before-parse',
  afterStore: 'after-store',
} as const;

export function stageOf(rule: FaultRule): FaultStage {
  if (rule.action.kind === 'reset') return resetStages[rule.action.at];
  return rule.when ?? (stagesOf[rule.action.kind][0] as FaultStage);
}
