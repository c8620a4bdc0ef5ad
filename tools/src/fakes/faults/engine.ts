import type { FakeRequest, PartnerService } from '../exchange.js';
import { inflate } from '../inflate.js';
import type { Random } from '../random.js';
import { decodeText } from '../strictJson.js';
import { parseFaultRule, stageOf, type FaultKind, type FaultRule, type FaultStage } from './rule.js';

export type FaultEngine = ReturnType<typeof createFaultEngine>;

/** Actions after which the request continues; any other action ends it, so later rules do not apply. */
const passing = new Set<FaultKind>([
  'delay',
  'trickle',
  'partial400',
  'maxBytesNow',
  'clockSkew',
  'duplicateDelivery',
  'slowRead',
]);

/** The fault rules of one fake, checked at each stage of a request. */
export function createFaultEngine(service: PartnerService, random: Random, now: () => number) {
  const entries: Entry[] = [];
  let given = 0;

  return {
    /** Throws for an invalid rule. */
    add(input: FaultRule): string {
      const rule = parseFaultRule(input, service.projectInHeaders);
      const id = rule.id ?? `fault-${++given}`;
      if (entries.some((entry) => entry.rule.id === id)) throw new Error(`there is already a fault rule "${id}"`);
      const pattern = rule.action.kind === 'waf403' ? new RegExp(rule.action.pattern) : undefined;
      entries.push({ rule: { ...rule, id }, stage: stageOf(rule), pattern, matched: 0, applied: 0 });
      return id;
    },
    remove(id: string): boolean {
      const at = entries.findIndex((entry) => entry.rule.id === id);
      if (at >= 0) entries.splice(at, 1);
      return at >= 0;
    },
    rules: () => entries.map((entry) => entry.rule),
    /** The rules that apply at this stage, in the order in which they were added. */
    strike(stage: FaultStage, request: FakeRequest | undefined): readonly Entry['rule'][] {
      const struck: Entry['rule'][] = [];
      for (const entry of entries) {
        if (entry.stage !== stage) continue;
        if (request !== undefined && !concerns(entry, request, service, now())) continue;
        if (!isDue(entry, random)) continue;
        entry.applied++;
        struck.push(entry.rule);
        if (!passing.has(entry.rule.action.kind)) break;
      }
      return struck;
    },
  };
}

interface Entry {
  readonly rule: FaultRule & { readonly id: string };
  readonly stage: FaultStage;
  readonly pattern: RegExp | undefined;
  matched: number;
  applied: number;
}

/** Whether match and action apply to the request. */
function concerns({ rule, pattern }: Entry, request: FakeRequest, service: PartnerService, now: number): boolean {
  const { action, match = {} } = rule;
  const holdsAny = (ids: readonly string[]): boolean => service.idsOf(request).some((id) => ids.includes(id));
  if (match.path !== undefined && match.path !== request.path) return false;
  if (match.project !== undefined && match.project !== service.projectOf(request)) return false;
  if (match.minEvents !== undefined && service.eventCountOf(request) < match.minEvents) return false;
  if (match.eventIdIn !== undefined && !holdsAny(match.eventIdIn)) return false;
  switch (action.kind) {
    case 'blanket400':
      return holdsAny(action.ids);
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
  const { match = {}, action } = entry.rule;
  entry.matched++;
  if (action.kind === 'flip429' && entry.applied >= action.times) return false;
  if (match.nth !== undefined && entry.matched !== match.nth) return false;
  if (match.from !== undefined && entry.matched < match.from) return false;
  if (match.count !== undefined && entry.applied >= match.count) return false;
  return match.probability === undefined || random() < match.probability;
}
