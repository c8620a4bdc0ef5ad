import { group } from './definition.js';
import { email } from './message/email.js';
import { line } from './message/line.js';
import { banner, contentCard, featureFlag, inAppMessage, newsFeed } from './message/inApp.js';
import { liveActivity, push } from './message/push.js';
import { rcs } from './message/rcs.js';
import { sms } from './message/sms.js';
import { webhook } from './message/webhook.js';
import { whatsapp } from './message/whatsapp.js';

export const message = group(
  'message',
  'Message engagement',
  'What becomes of messages: sent, delivered, opened, clicked, bounced, called off.',
  [
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
);
