import type { GroupDefinition } from './definition.js';
import { banner } from './message/banner.js';
import { contentCard } from './message/contentCard.js';
import { email } from './message/email.js';
import { featureFlag } from './message/featureFlag.js';
import { inAppMessage } from './message/inAppMessage.js';
import { line } from './message/line.js';
import { liveActivity } from './message/liveActivity.js';
import { newsFeed } from './message/newsFeed.js';
import { push } from './message/push.js';
import { rcs } from './message/rcs.js';
import { sms } from './message/sms.js';
import { webhook } from './message/webhook.js';
import { whatsapp } from './message/whatsapp.js';

export const message: GroupDefinition = {
  group: 'message',
  label: 'Message engagement',
  description: 'What becomes of messages: sent, delivered, opened, clicked, bounced, called off.',
  channels: [
    email,
    push,
    inAppMessage,
    contentCard,
    banner,
    sms,
    rcs,
    whatsapp,
    line,
    webhook,
    liveActivity,
    featureFlag,
    newsFeed,
  ],
};
