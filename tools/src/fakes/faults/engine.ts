import { decodeText } from '../strictJson.js';
import { inflate } from '../inflate.js';
import type { Random } from '../random.js';
import type { FakeRequest, PartnerService } from '../exchange.js';
import { parseFaultRule } from './parseRule.js';
import { stageOf, type FaultAction, type FaultMatch, type FaultRule, type FaultStage } from './rule.js';

export interface AppliedFault {
  readonly id: string;
  readonly action: FaultAction;
}

/** The fault rules of one fake, asked stage by stage of each request's life. */
export interface FaultEngine {
  /** Throws when the rule makes no sense. */
  add(rule: FaultRule): string;
  remove(id: string): boolean;
  rules(): readonly (FaultRule & { readonly id: string })[];
  /** The faults that strike at this stage, in the order the rules were added. */
  strike(stage: FaultStage, request: FakeRequest | undefined): readonly AppliedFault[];
}

interface Entry {
  readonly rule: FaultRule & { readonly id: string };
  readonly stage: FaultStage;
  readonly pattern: RegExp | undefined;
  matched: number;
  applied: number;
}

const nothing: readonly AppliedFault[] = [];

export function createFaultEngine(service: PartnerService, random: Random, now: () => number): FaultEngine {
  const entries: Entry[] = [];
  let given = 0;

  const fits = (entry: Entry, request: FakeRequest | undefined): boolean => {
    const { action, match } = entry.rule;
    if (request !== undefined) {
      if (match !== undefined && !matchesRequest(match, request, service)) return false;
      if (!concerns(action, entry.pattern, request, service, now())) return false;
    }
    return isDue(entry, random);
  };

  return {
    add(input) {
      const rule = parseFaultRule(input, service.projectInHeaders);
      const id = rule.id ?? `fault-${++given}`;
      if (entries.some((entry) => entry.rule.id === id)) throw new Error(`there is already a fault rule "${id}"`);
      const pattern = rule.action.kind === 'waf403' ? new RegExp(rule.action.pattern) : undefined;
      entries.push({ rule: { ...rule, id }, stage: stageOf(rule), pattern, matched: 0, applied: 0 });
      return id;
    },
    remove(id) {
      const at = entries.findIndex((entry) => entry.rule.id === id);
      if (at >= 0) entries.splice(at, 1);
      return at >= 0;
    },
    rules: () => entries.map((entry) => entry.rule),
    strike(stage, request) {
      if (entries.length === 0) return nothing;
      const struck: AppliedFault[] = [];
      for (const entry of entries) {
        if (entry.stage !== stage || !fits(entry, request)) continue;
        entry.applied++;
        struck.push({ id: entry.rule.id, action: entry.rule.action });
        if (endsRequest(entry.rule.action)) break;
      }
      return struck;
    },
  };
}

/** Whether the action settles the request, so that later rules have nothing left to do. */
export function endsRequest(action: FaultAction): boolean {
  switch (action.kind) {
    case 'delay':
    case 'trickle':
    case 'partial400':
    case 'maxBytesNow':
    case 'clockSkew':
    case 'duplicateDelivery':
    case 'slowRead':
      return false;
    default:
      return true;
  }
}

function matchesRequest(match: FaultMatch, request: FakeRequest, service: PartnerService): boolean {
  if (match.path !== undefined && match.path !== request.path) return false;
  if (match.project !== undefined && match.project !== service.projectOf(request)) return false;
  if (match.minEvents !== undefined && service.eventCountOf(request) < match.minEvents) return false;
  return match.eventIdIn === undefined || holdsAny(request, match.eventIdIn, service);
}

function holdsAny(request: FakeRequest, ids: readonly string[], service: PartnerService): boolean {
  return service.idsOf(request).some((id) => ids.includes(id));
}

/** The conditions that lie in the action itself. */
function concerns(
  action: FaultAction,
  pattern: RegExp | undefined,
  request: FakeRequest,
  service: PartnerService,
  now: number,
): boolean {
  switch (action.kind) {
    case 'blanket400':
      return holdsAny(request, action.ids, service);
    case 'waf403':
      return pattern !== undefined && pattern.test(bodyText(request));
    case 'credentialsRevoked':
      return now >= (action.fromMs ?? -Infinity) && now < (action.toMs ?? Infinity);
    case 'gzipRefuse':
      return request.headers['content-encoding'] === 'gzip';
    case 'keepaliveClose':
      return request.requestsBefore > 0;
    default:
      return true;
  }
}

function bodyText(request: FakeRequest): string {
  const inflated = inflate(request.body, request.headers['content-encoding']);
  return 'bytes' in inflated ? decodeText(inflated.bytes).text : '';
}

function isDue(entry: Entry, random: Random): boolean {
  const { match, action } = entry.rule;
  entry.matched++;
  if (action.kind === 'flip429' && entry.applied >= action.times) return false;
  if (match === undefined) return true;
  if (match.nth !== undefined && entry.matched !== match.nth) return false;
  if (match.from !== undefined && entry.matched < match.from) return false;
  if (match.count !== undefined && entry.applied >= match.count) return false;
  return match.probability === undefined || random() < match.probability;
}
