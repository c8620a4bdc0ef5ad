import type { PropertyType } from '../eventType.js';

/** The facts about a property that are the same for all events. */
export interface PropertyFacts {
  readonly type: PropertyType;
  readonly description: string;
  readonly personal?: true;
}

export type SampleValue = string | number | boolean | readonly string[] | Readonly<Record<string, unknown>>;

interface Property extends PropertyFacts {
  readonly sample: SampleValue;
}

const property =
  <Sample extends SampleValue>(type: PropertyType) =>
  (description: string, sample: Sample): Property => ({ type, description, sample });
const string = property<string>('string');
const boolean = property<boolean>('boolean');
const int = property<number>('int');
const long = property<number>('long');
const float = property<number>('float');
const strings = property<readonly string[]>('string[]');
const object = property<Readonly<Record<string, unknown>>>('object');
const personal = (property: Property): Property => ({ ...property, personal: true });

/**
 * Every property of every event type, with its description and a plausible value: an autumn at Harbour Roast, who roast
 * and deliver coffee.
 */
export const properties = {
  // Where it happened
  app_group_id: string('The workspace.', '4f1d7a52-0c3e-4b8e-9a57-2d6c1be0f3a4'),
  app_group_api_id: string('Older spelling of `app_group_id`.', '4f1d7a52-0c3e-4b8e-9a57-2d6c1be0f3a4'),
  app_id: string('The app it happened in.', '9b2e6c18-7d40-4f1a-b3c5-58e0a7d1926f'),
  session_id: string('The session it belongs to, a UUID.', '6c0f8f0e-5b7d-4a39-8f21-9e3b7c2d4a10'),

  // The device
  platform: string('`ios`, `android`, `kindle` (Fire TV too), `web`, `tvos` or `roku`; other values may come.', 'ios'),
  os_version: string('Version of the operating system.', '18.5'),
  device_model: string('Hardware model. Empty on email opens.', 'iPhone 15'),
  ad_id: personal(string('Advertising id; only when the app collects it.', '7E1A4C90-2B6D-4F83-A1C7-0D95E8B2F644')),
  ad_id_type: string(
    'Kind of advertising id: `ios_idfa`, `google_ad_id`, `windows_ad_id` or `roku_ad_id`.',
    'ios_idfa',
  ),
  ad_tracking_enabled: boolean('Whether the device allows tracking for advertising.', true),
  browser: string('Browser, as its user agent tells.', 'Mobile Safari'),
  carrier: string('Mobile carrier.', 'Fjord Mobile'),
  resolution: string('Screen resolution.', '1179x2556'),
  sdk_version: string('Version of the SDK in the app.', '12.0.1'),
  user_agent: string(
    'User agent of whatever opened or clicked.',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile/15E148 Safari/604.1',
  ),
  device_class: string('`mobile`, `desktop` or `tablet`, as the user agent tells.', 'mobile'),
  device_os: string('Operating system, as the user agent tells.', 'iOS'),

  // The person
  gender: personal(string('Gender.', 'F')),
  country: personal(string('Country.', 'NO')),
  language: personal(string('Language.', 'nb')),
  first_name: personal(string('First name.', 'Ingrid')),
  last_name: personal(string('Last name.', 'Solberg')),
  dob: personal(string('Date of birth.', '1991-04-23')),
  home_city: personal(string('Home city.', 'Bergen')),
  email_address: personal(
    string('The email address in question. May arrive redacted or hashed.', 'ingrid@example.com'),
  ),
  phone_number: personal(string('Phone number, E.164.', '+4755512345')),
  locale_key: personal(string('Which translation was shown; null for the default.', 'nb-no')),

  // The campaign a message came from: null when it came from a Canvas. Names may lag behind by an hour.
  campaign_id: string('The campaign.', 'c2a9e4d7-61f0-4b3c-8d15-f0e7b6a39c52'),
  campaign_name: string('Name of the campaign; may lag behind a change.', 'Autumn roast launch'),
  message_variation_id: string('Variation of the campaign message.', '0e5b3c7a-9d12-4e68-b7f4-3a81c6d5e029'),
  message_variation_name: string('Name of the variation; may lag behind a change.', 'Variant B, free shipping'),

  // The Canvas a message came from: null when it came from a campaign.
  canvas_id: string('The Canvas.', 'a7d31f64-8e02-4c95-9b6e-5f0c28d4b713'),
  canvas_name: string('Name of the Canvas; may lag behind a change.', 'First bag to subscriber'),
  canvas_api_id: string('Older spelling of `canvas_id`.', 'a7d31f64-8e02-4c95-9b6e-5f0c28d4b713'),
  canvas_variation_id: string('Variant of the Canvas that the user is in.', '38c6b0e5-1f7a-4d29-a4e3-96d2f5078b1c'),
  canvas_variation_name: string('Name of the variant; may lag behind a change.', 'Variant 1, gentle'),
  canvas_variation_api_id: string('Older spelling of `canvas_variation_id`.', '38c6b0e5-1f7a-4d29-a4e3-96d2f5078b1c'),
  canvas_step_id: string(
    'Step of the Canvas; on a conversion, the last one sent before it.',
    '5d90e2b7-4a63-4f18-8c7d-e1b3a6f40925',
  ),
  canvas_step_name: string('Name of the step; may lag behind a change.', 'Brewing tips on day three'),
  canvas_step_api_id: string('Older spelling of `canvas_step_id`.', '5d90e2b7-4a63-4f18-8c7d-e1b3a6f40925'),
  canvas_step_message_variation_id: string(
    'Message variation within the step; comes in files, not over HTTP.',
    'f6217c3d-b085-4e9a-a2d4-70c5e8391b6f',
  ),
  canvas_step_message_variation_api_id: string(
    'Message variation within the step, as banners spell it over HTTP.',
    'f6217c3d-b085-4e9a-a2d4-70c5e8391b6f',
  ),
  canvas_entry_id: string('One run of one user through the Canvas.', '2b84d1f0-e369-4c57-9a0e-cd7f615b3e82'),
  next_step_id: string('Step that comes next.', '91e7f4a3-0c5d-4b26-8f9b-3d62a8e7c014'),
  progression_type: string('How the user moved on.', 'advance'),
  exit_reason: string('Why the user left the Canvas.', 'exit_criteria'),
  is_canvas_entry: boolean('Whether this was the entry into the first step.', false),
  in_control_group: boolean('Whether the user fell into the control group.', false),
  experiment_step_id: string('The experiment step.', 'd04a6b92-7c1e-4f35-b8d0-2e95f3c7a681'),
  experiment_split_id: string(
    'Path of the experiment that the user was given.',
    '6f3b9c05-e8a7-4d12-95c4-a0d7e2b1f846',
  ),
  experiment_split_name: string('Name of the path; may lag behind a change.', 'Path 2, photo first'),
  workflow_id: string('Internal id of the workflow; only in older documents.', '68d1c0a4b7e2f95360ab14cd'),
  content_optimizer_step_id: string('The optimizer step.', '68d1c0f7b7e2f95360ab1502'),
  combination_token: string('Combination of components that the user was given.', 'subject-3.image-1'),
  conversion_behavior: string(
    'JSON text that tells what counts as the conversion.',
    '{"type":"made a purchase","window_seconds":259200}',
  ),
  conversion_behavior_index: int('Which conversion event: 0 is A, 1 is B, 2 is C, 3 is D.', 0),

  // The transmission
  dispatch_id: string(
    'One transmission: shared by a scheduled send, else one per user. No key to group by.',
    'e8b2f07c4d9a4161a35c0f7e92d6b184',
  ),
  send_id: string('Send identifier; only when one was set.', 'autumn-roast-2025'),
  message_extras: personal(
    string('JSON text of the key-value pairs the message template added.', '{"season":"autumn","roast":"medium"}'),
  ),
  abort_type: string(
    'Reason, for machines: `liquid_abort_message`, `quiet_hours`, `rate_limit`, others.',
    'frequency_capped',
  ),
  abort_log: personal(
    string('Reason, for people; at most 128 characters.', 'Three messages had gone to this user within the week.'),
  ),
  retry_type: string('What kind of retry this is.', 'provider_error'),
  retry_log: string('Why it is tried again.', 'The provider answered 503; next try in 60 seconds.'),
  error: string('What went wrong.', 'Number is out of service'),
  provider_error_code: string('Error code of the provider.', '30005'),
  provider_error_title: string('Error as the provider words it.', 'Message undeliverable'),

  // Links and clicks
  url: string('Full address of the link.', 'https://harbour-roast.example/autumn?utm_campaign=launch'),
  short_url: string('Shortened address of the link.', 'https://hrb.example/a7Kd'),
  link_id: string('Id given to the link; needs link aliasing.', 'lnk-0412'),
  link_alias: string('Alias given to the link; needs link aliasing.', 'shop-the-launch'),
  is_suspected_bot_click: boolean('Whether the click looks like a machine; needs bot filtering.', false),
  suspected_bot_click_reason: strings('Why the click looks like a machine.', ['user_agent', 'click_speed']),
  button_id: string('Which button: its index, a tracking id, or the choice in a simple survey.', '0'),

  // Custom events, purchases, places
  name: string('Name of the custom event, as the app logged it.', 'Brew guide finished'),
  custom_properties: object('Whatever the app logged with the event.', {
    guide: 'pour-over',
    minutes: 4.5,
    steps: 6,
    rated: true,
    tools: ['kettle', 'scale'],
  }),
  product_id: string('The product.', 'beans-kenya-aa-500g'),
  price: float('Price of the product, in `currency`.', 18.9),
  currency: string('Three letters, ISO 4217.', 'EUR'),
  purchase_properties: object('Whatever the app logged with the purchase.', {
    grind: 'whole bean',
    subscription: true,
    weight_g: 500,
  }),
  duration: float('How long the session lasted, in seconds.', 184.25),
  source: string('Where the install came from.', 'Podcast sponsorship'),
  longitude: personal(float('Degrees east.', 5.3221)),
  latitude: personal(float('Degrees north.', 60.3913)),
  altitude: personal(float('Height.', 12.5)),
  ll_accuracy: float('How exact longitude and latitude are, as the operating system judges.', 8.5),
  alt_accuracy: float('How exact the altitude is, as the operating system judges.', 3.25),

  // Subscriptions
  subscription_group_id: string('The subscription group.', '1c7e5a30-d2b9-4f86-8e41-b06f93a7d5c8'),
  subscription_status: string('State after the change: `Subscribed`, `Unsubscribed` or `Opted In`.', 'Subscribed'),
  state_change_source: string(
    'What asked for the change: SDK, dashboard, REST API, import, inbound message, and others.',
    'Preference Center',
  ),
  channel: string('Channel it is about: `email`, `sms`, and so on.', 'email'),
  channel_identifier: personal(string('The user on that channel: an address or a number.', 'ingrid@example.com')),

  // Email
  ip_pool: string('Pool of sending addresses.', 'newsletters'),
  sending_ip: string('Address the email left from.', '192.0.2.25'),
  esp: string('Email provider: SparkPost, SendGrid or Amazon SES.', 'SparkPost'),
  from_domain: string('Domain the email came from.', 'news.harbour-roast.example'),
  recipient_domain: string('Domain the email went to.', 'example.com'),
  mailbox_provider: string('Mailbox provider, as the email provider reports it. Empty on opens.', 'Example Mail'),
  bounce_reason: personal(string('SMTP code and text of the bounce.', '550 5.1.1 no such mailbox')),
  deferral_reason: personal(string('SMTP code and text of the deferral.', '451 4.7.1 try again later')),
  attempt_count: int('Attempts so far.', 2),
  is_drop: boolean('Whether the email provider dropped it without trying.', false),
  is_amp: boolean('Whether it was the AMP part of the email.', false),
  machine_open: string('`true` when a machine opened it; a text, not a boolean, and other texts may come.', 'true'),

  // Cards, in-app messages, banners, feature flags
  card_id: string('The card.', '68cf02d19a41c6e7b0583f24'),
  content_card_id: string('The Content Card. Destinations know it as `card_id`.', '68cf02d19a41c6e7b0583f24'),
  version: string('Whether the message was triggered or of the legacy kind.', 'triggered'),
  banner_placement_id: string('Placement of the banner, as the customer named it.', 'home-top'),
  feature_flag_id_name: string('The feature flag.', 'one-tap-reorder'),

  // Push and Live Activities
  push_token: string('Push token.', '8f2c61d0b7e94a35c1d8f06e7b392a54d0e1c7f8639b4a25d1e08c7f3b6a9254'),
  push_token_device_id: string('Device that the token belongs to.', 'B7D1A6E0-4C52-4F9B-8E37-A2C90D5F6318'),
  push_token_state_change_type: string('`add`, `update` or `remove`.', 'add'),
  push_token_created_at: int('When the token was made, Unix seconds.', 1757000000),
  push_token_updated_at: int('When the token last changed, Unix seconds.', 1758600000),
  push_token_provisionally_opted_in: boolean('Whether the opt-in is provisional.', false),
  push_token_foreground_push_disabled: boolean('Whether foreground push is off for the token.', false),
  web_push_token_user_auth: string('Authentication secret of a web push token.', 'q1Zt8mXv3sLw0uYk'),
  web_push_token_public_key: string('Public key of a web push token.', 'BFhN2c0WqT6rXy4uJp8sKd1vLm9zQe3iAo7gUb5tRn2w'),
  web_push_token_vapid_public_key: string(
    'VAPID public key of a web push token.',
    'BKe7d9sXq0Lm3vTz5uRy1wPn8oJc6iHg4fBa2tEk0xQs',
  ),
  ios_push_token_apns_gateway: int('Apple gateway: 1 for development, 2 for production.', 2),
  time_ms: long('When it happened, Unix milliseconds.', 1758700800123),
  button_action_type: string(
    'What the push button does: `uri`, `deep_link`, `none` or `close`; null without one.',
    'deep_link',
  ),
  button_string: string('The push button used; null when none was.', 'reorder'),
  activity_id: string('The Live Activity.', 'order-20418'),
  activity_attributes_type: string('Name of the attributes type of the Live Activity.', 'DeliveryAttributes'),
  push_to_start_token: string('Token that can start the Live Activity.', '80a1f6c3d7e9402b5c8d1e0f7a3b6924'),
  update_token: string('Token that can update the Live Activity.', 'c5e8d1b7f04a4936a2c0e7d9f1b83562'),
  live_activity_event_type: string('`start`, `update` or `end`.', 'update'),
  live_activity_event_outcome: string('What became of it.', 'sent'),

  // SMS, RCS, WhatsApp, LINE
  to_phone_number: personal(string('Number the message went to, E.164.', '+4755512345')),
  from_phone_number: string('Number the message came from.', '+4755598765'),
  user_phone_number: personal(string('Number the user wrote or clicked from.', '+4755512345')),
  inbound_phone_number: string('Number the user wrote to.', '+4755598765'),
  message_body: personal(string('What the user wrote.', 'Is the Kenya back in stock?')),
  media_urls: strings('Media the user sent.', ['https://media.harbour-roast.example/inbound/4821.jpg']),
  action: string(
    'What the message did to the subscription: `subscribed`, `unsubscribed` or `none`, in any case.',
    'none',
  ),
  category: string('Kind of automatic reply: `opt-in`, `opt-out`, `help` or one of the customer.', 'custom'),
  is_sms_fallback: boolean('Whether the SMS stands in for an RCS message that was rejected.', false),
  from_rcs_sender: string('RCS sender.', 'harbour_roast_agent'),
  to_rcs_sender: string('RCS sender that the user wrote to.', 'harbour_roast_agent'),
  interaction_type: string('Kind of tap.', 'reply'),
  element_label: string('Text of the element tapped.', 'Reorder now'),
  element_type: string('`Suggestion` or `Button`.', 'Suggestion'),
  message_id: string('Id that Meta gave the message.', 'wamid.HBgKNDc1NTUxMjM0NRUCABEYEg'),
  bsuid: personal(string('The user, as WhatsApp knows them to this business.', 'NO.1029384756')),
  template_name: personal(string('WhatsApp template; only for template messages.', 'order_on_its_way')),
  flow_id: string('WhatsApp Flow; only when there is one.', '734501928866'),
  flow_response_json: personal(
    string('JSON text of what the user answered in the Flow.', '{"roast":"medium","grind":"whole bean"}'),
  ),
  quick_reply_text: string('Text of the button the user pressed.', 'Track my order'),
  catalog_id: string('Catalogue of the product that the user named.', 'harbour-roast-shop'),
  in_reply_to: string('Message that this one answers.', 'wamid.HBgKNDc1NTUxMjM0NRUCABEYFA'),
  line_channel_id: string('LINE channel.', '2004817362'),
  line_channel_name: string('Name of the LINE channel.', 'Harbour Roast'),
  native_line_id: personal(string('The user, as LINE knows them.', 'U8d0c4e1f7a29b6350c1d8e7f4a3b2c91')),
  media_id: string('Media the user sent, as LINE knows it.', '512883046179'),

  // Webhooks
  http_status_code: int('Status that came back.', 503),
  endpoint_url: string('Address that was called.', 'https://orders.harbour-roast.example/hooks/launch'),
  host: string('Host of that address.', 'orders.harbour-roast.example'),
  url_path: string('Path of that address.', '/hooks/launch'),
  content_length: int('Length of the answer, in bytes.', 42),
  raw_response: string('Beginning of the answer.', '{"error":"maintenance until 04:00 UTC"}'),
  retry_count: int('Attempts made before giving up.', 3),
  webhook_duration: int('How long the call took, in milliseconds.', 1240),
  webhook_failure_source: string('Who failed: the platform or the endpoint.', 'endpoint'),
  is_terminal: boolean('Whether it was the last attempt.', true),

  // Profiles and agents
  random_bucket_number: int('New bucket.', 4172),
  prev_random_bucket_number: int('Bucket before.', 881),
  orphaned_by_id: string('User that was kept when the two were merged.', '66b0e7d2c3a94f15d80e7b61'),
  update_source: string('What made the change.', 'rest_api'),
  archived: boolean('Whether the user was archived.', false),
  custom_attributes: personal(
    string('JSON text of the custom attributes that changed.', '{"favourite_roast":"medium","bags_bought":7}'),
  ),
  invocation_id: string('One run of the agent.', 'run-7f20c9'),
  invocation_source: string('What started the agent.', 'canvas_step'),
  request_id: string('The request.', 'req-41b8d3'),
  provider_request_id: string('The request, as the model vendor knows it.', 'chatcmpl-90af27'),
  agent_id: string('The agent.', 'd7c3e0b5-92a1-4f64-8b7e-1a5f09c6e3d2'),
  agent_name: string('Name of the agent.', 'Subject line writer'),
  model_provider: string('Vendor of the model.', 'openai'),
  model_name: string('The model.', 'gpt-4o-mini'),
  llm_owned_by_customer: boolean("Whether the customer's own model key was used.", true),
  prompt_tokens: int('Tokens of the prompt.', 412),
  completion_tokens: int('Tokens of the answer.', 38),
  reasoning_tokens: int('Tokens spent on reasoning.', 0),
  cache_tokens: int('Tokens taken from a cache.', 128),
  total_tokens: int('All tokens.', 450),
  cache_hit: boolean('Whether the answer came from a cache.', false),
  input: personal(string('What the model was given.', 'Write a subject line for the autumn roast launch.')),
  output: personal(string('What the model answered.', 'Sweater weather, in a cup')),
  is_error: boolean('Whether it failed.', false),
  tool_call_id: string('The call.', 'call-3e91'),
  tool_name: string('The tool.', 'find_product'),
  tool_arguments: string('JSON text of the arguments.', '{"query":"medium roast"}'),
} as const satisfies Record<string, Property>;

export type PropertyName = keyof typeof properties;
