import type { FaultRule } from '../../fakes/faults/rule.js';
import type { FaultMakers, MakeFault } from './context.js';

type PartnerTarget = 'mixpanel' | 'amplitude';

/** Some requests get through while the others fail, so that both are mixed within one delivery. */
const mostly = { probability: 0.7 };

/** What a partner or the way to it does wrong; the rules of the fakes' fault injection. */
export const partnerFaults: FaultMakers<PartnerTarget> = {
  async outage({ hub, pause }, { target, lastsMs }) {
    hub[target].control.addFault({ action: { kind: 'refuse', seconds: lastsMs / 1_000 } });
    await pause(lastsMs);
  },
  hang: during({ match: mostly, action: { kind: 'hang' } }),
  resetBefore: during({ match: mostly, action: { kind: 'reset', at: 'afterBody' } }),
  resetAfter: during({ match: mostly, action: { kind: 'reset', at: 'afterStore' } }),
  truncated: during({ match: mostly, when: 'after-store', action: { kind: 'truncatedBody' } }),
  storm429: during({ match: mostly, action: { kind: 'status', status: 429, headers: { 'retry-after': '1' } } }),
  storm503: during({ match: mostly, action: { kind: 'html', status: 503 } }),
  /** Half of the answers come after the hub has given up waiting, though the events are stored. */
  slow: during({ match: { probability: 0.5 }, when: 'after-store', action: { kind: 'delay', ms: 2_500 } }),
  /** The key is revoked, and restored at the end; `watchCurrents` then tests it, as an admin does. */
  revoked: during({ action: { kind: 'credentialsRevoked' } }),
};

function during(rule: FaultRule): MakeFault<PartnerTarget> {
  return async ({ hub, pause }, { target, lastsMs }) => {
    const { control } = hub[target];
    const id = control.addFault(rule);
    await pause(lastsMs);
    control.removeFault(id);
  };
}
