import type { Chooser } from './chooser.js';
import { randomJson, randomText } from './text.js';

export interface CohortPush {
  readonly path: string;
  readonly text: string;
}

/** A push of members in one of the partners' protocols, with random parts. */
export function randomCohortPush(choose: Chooser, keys: Readonly<Record<string, string>>): CohortPush {
  const maybe = (text: string): string => (choose.chance(0.8) ? text : randomJson(choose));
  const members = choose.some(8, () => maybe(JSON.stringify(`member-${choose.below(1_000)}`)));
  switch (choose.below(4)) {
    case 0: {
      const list = members.map((member) => maybe(`{"mixpanel_distinct_id":${member}}`)).join(',');
      const parameters = `{"mixpanel_project_id":"1","mixpanel_cohort_id":${maybe('"7"')},"mixpanel_cohort_name":${maybe('"Fuzz"')},"mixpanel_session_id":${maybe(`"s${choose.below(9)}"`)},"page_info":${maybe('{"total_pages":1,"page_count":1}')},"members":[${list}]}`;
      const action = choose.pick(['members', 'add_members', 'remove_members', randomText(choose)]);
      return {
        path: '/partners/mixpanel/webhook',
        text: `{"action":${JSON.stringify(action)},"parameters":${maybe(parameters)}}`,
      };
    }
    case 1:
      return {
        path: '/partners/amplitude/webhook',
        text: `{"cohort":${maybe(`{"id":"a","users":[${members.join(',')}]}`)}}`,
      };
    case 2: {
      const change = `{"user_ids":[${members.join(',')}],"should_remove":${maybe('false')}}`;
      const key = JSON.stringify(choose.pick([keys['braze'] ?? '', 'wrong', '']));
      return {
        path: `/partners/${choose.pick(['braze', 'amplitude', 'nobody', '%00', '..'])}/cohorts/users`,
        text: `{"partner_api_key":${key},"client_secret":${key},"cohort_id":${maybe('"c1"')},"cohort_changes":[${maybe(change)}]}`,
      };
    }
    default:
      return {
        path: `/partners/${choose.pick(['braze', 'amplitude', 'mixpanel'])}/${choose.pick(['cohorts', 'lists', 'webhook', ''])}`,
        text: randomJson(choose, 5),
      };
  }
}
