import type { ChannelDefinition } from '../definition.js';
import { demographics, device, origin, stepMessage } from '../fragments.js';

export const featureFlag: ChannelDefinition = {
  channel: 'featureflag',
  label: 'Feature flags',
  description: 'Feature flag experiments.',
  events: [
    {
      name: 'users.messages.featureflag.Impression',
      title: 'Feature Flag Experiment Impression',
      description: 'The user met a feature that is under experiment.',
      optional: [
        ...origin,
        ...stepMessage,
        'feature_flag_id_name',
        'app_id',
        'sdk_version',
        ...device,
        'browser',
        'carrier',
        'resolution',
        ...demographics,
      ],
    },
  ],
};
