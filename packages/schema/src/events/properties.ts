import type { PropertyType } from '../eventType.js';

/** What is known of a property whatever event carries it. */
export interface PropertyFacts {
  readonly type: PropertyType;
  readonly description: string;
  readonly personal?: true;
}

const string = (description: string): PropertyFacts => ({ type: 'string', description });
const boolean = (description: string): PropertyFacts => ({ type: 'boolean', description });
const int = (description: string): PropertyFacts => ({ type: 'int', description });
const long = (description: string): PropertyFacts => ({ type: 'long', description });
const float = (description: string): PropertyFacts => ({ type: 'float', description });
const strings = (description: string): PropertyFacts => ({ type: 'string[]', description });
const object = (description: string): PropertyFacts => ({ type: 'object', description });
const personal = (facts: PropertyFacts): PropertyFacts => ({ ...facts, personal: true });

/** Every property of every event type, explained once. The events say which of them they carry. */
export const properties = {
  // Where it happened
  app_group_id: string('The workspace.'),
  app_group_api_id: string('Older spelling of `app_group_id`.'),
  app_id: string('The app it happened in.'),
  session_id: string('The session it belongs to, a UUID.'),

  // The device
  platform: string('`ios`, `android`, `kindle` (Fire TV too), `web`, `tvos` or `roku`; other values may come.'),
  os_version: string('Version of the operating system.'),
  device_model: string('Hardware model. Empty on email opens.'),
  ad_id: personal(string('Advertising id; only when the app collects it.')),
  ad_id_type: string('Kind of advertising id: `ios_idfa`, `google_ad_id`, `windows_ad_id` or `roku_ad_id`.'),
  ad_tracking_enabled: boolean('Whether the device allows tracking for advertising.'),
  browser: string('Browser, as its user agent tells.'),
  carrier: string('Mobile carrier.'),
  resolution: string('Screen resolution.'),
  sdk_version: string('Version of the SDK in the app.'),
  user_agent: string('User agent of whatever opened or clicked.'),
  device_class: string('`mobile`, `desktop` or `tablet`, as the user agent tells.'),
  device_os: string('Operating system, as the user agent tells.'),

  // The person
  gender: personal(string('Gender.')),
  country: personal(string('Country.')),
  language: personal(string('Language.')),
  first_name: personal(string('First name.')),
  last_name: personal(string('Last name.')),
  dob: personal(string('Date of birth.')),
  home_city: personal(string('Home city.')),
  email_address: personal(string('The email address in question. May arrive redacted or hashed.')),
  phone_number: personal(string('Phone number, E.164.')),
  locale_key: personal(string('Which translation was shown; null for the default.')),

  // The campaign a message came from: null when it came from a Canvas. Names may lag behind by an hour.
  campaign_id: string('The campaign.'),
  campaign_name: string('Name of the campaign; may lag behind a change.'),
  message_variation_id: string('Variation of the campaign message.'),
  message_variation_name: string('Name of the variation; may lag behind a change.'),

  // The Canvas a message came from: null when it came from a campaign.
  canvas_id: string('The Canvas.'),
  canvas_name: string('Name of the Canvas; may lag behind a change.'),
  canvas_api_id: string('Older spelling of `canvas_id`.'),
  canvas_variation_id: string('Variant of the Canvas that the user is in.'),
  canvas_variation_name: string('Name of the variant; may lag behind a change.'),
  canvas_variation_api_id: string('Older spelling of `canvas_variation_id`.'),
  canvas_step_id: string('Step of the Canvas; on a conversion, the last one sent before it.'),
  canvas_step_name: string('Name of the step; may lag behind a change.'),
  canvas_step_api_id: string('Older spelling of `canvas_step_id`.'),
  canvas_step_message_variation_id: string('Message variation within the step; comes in files, not over HTTP.'),
  canvas_step_message_variation_api_id: string('Message variation within the step, as banners spell it over HTTP.'),
  canvas_entry_id: string('One run of one user through the Canvas.'),
  next_step_id: string('Step that comes next.'),
  progression_type: string('How the user moved on.'),
  exit_reason: string('Why the user left the Canvas.'),
  is_canvas_entry: boolean('Whether this was the entry into the first step.'),
  in_control_group: boolean('Whether the user fell into the control group.'),
  experiment_step_id: string('The experiment step.'),
  experiment_split_id: string('Path of the experiment that the user was given.'),
  experiment_split_name: string('Name of the path; may lag behind a change.'),
  workflow_id: string('Internal id of the workflow; only in older documents.'),
  content_optimizer_step_id: string('The optimizer step.'),
  combination_token: string('Combination of components that the user was given.'),
  conversion_behavior: string('JSON text that tells what counts as the conversion.'),
  conversion_behavior_index: int('Which conversion event: 0 is A, 1 is B, 2 is C, 3 is D.'),

  // The transmission
  dispatch_id: string('One transmission: shared by a scheduled send, else one per user. No key to group by.'),
  send_id: string('Send identifier; only when one was set.'),
  message_extras: personal(string('JSON text of the key-value pairs the message template added.')),
  abort_type: string('Reason, for machines: `liquid_abort_message`, `quiet_hours`, `rate_limit`, others.'),
  abort_log: personal(string('Reason, for people; at most 128 characters.')),
  retry_type: string('What kind of retry this is.'),
  retry_log: string('Why it is tried again.'),
  error: string('What went wrong.'),
  provider_error_code: string('Error code of the provider.'),
  provider_error_title: string('Error as the provider words it.'),

  // Links and clicks
  url: string('Full address of the link.'),
  short_url: string('Shortened address of the link.'),
  link_id: string('Id given to the link; needs link aliasing.'),
  link_alias: string('Alias given to the link; needs link aliasing.'),
  is_suspected_bot_click: boolean('Whether the click looks like a machine; needs bot filtering.'),
  suspected_bot_click_reason: strings('Why the click looks like a machine.'),
  button_id: string('Which button: its index, a tracking id, or the choice in a simple survey.'),

  // Custom events, purchases, places
  name: string('Name of the custom event, as the app logged it.'),
  custom_properties: object('Whatever the app logged with the event.'),
  product_id: string('The product.'),
  price: float('Price of the product, in `currency`.'),
  currency: string('Three letters, ISO 4217.'),
  purchase_properties: object('Whatever the app logged with the purchase.'),
  duration: float('How long the session lasted, in seconds.'),
  source: string('Where the install came from.'),
  longitude: personal(float('Degrees east.')),
  latitude: personal(float('Degrees north.')),
  altitude: personal(float('Height.')),
  ll_accuracy: float('How exact longitude and latitude are, as the operating system judges.'),
  alt_accuracy: float('How exact the altitude is, as the operating system judges.'),

  // Subscriptions
  subscription_group_id: string('The subscription group.'),
  subscription_status: string('State after the change: `Subscribed`, `Unsubscribed` or `Opted In`.'),
  state_change_source: string(
    'What asked for the change: SDK, dashboard, REST API, import, inbound message, and others.',
  ),
  channel: string('Channel it is about: `email`, `sms`, and so on.'),
  channel_identifier: personal(string('The user on that channel: an address or a number.')),

  // Email
  ip_pool: string('Pool of sending addresses.'),
  sending_ip: string('Address the email left from.'),
  esp: string('Email provider: SparkPost, SendGrid or Amazon SES.'),
  from_domain: string('Domain the email came from.'),
  recipient_domain: string('Domain the email went to.'),
  mailbox_provider: string('Mailbox provider, as the email provider reports it. Empty on opens.'),
  bounce_reason: personal(string('SMTP code and text of the bounce.')),
  deferral_reason: personal(string('SMTP code and text of the deferral.')),
  attempt_count: int('Attempts so far.'),
  is_drop: boolean('Whether the email provider dropped it without trying.'),
  is_amp: boolean('Whether it was the AMP part of the email.'),
  machine_open: string('`true` when a machine opened it; a text, not a boolean, and other texts may come.'),

  // Cards, in-app messages, banners, feature flags
  card_id: string('The card.'),
  content_card_id: string('The Content Card. Destinations know it as `card_id`.'),
  version: string('Whether the message was triggered or of the legacy kind.'),
  banner_placement_id: string('Placement of the banner, as the customer named it.'),
  feature_flag_id_name: string('The feature flag.'),

  // Push and Live Activities
  push_token: string('Push token.'),
  push_token_device_id: string('Device that the token belongs to.'),
  push_token_state_change_type: string('`add`, `update` or `remove`.'),
  push_token_created_at: int('When the token was made, Unix seconds.'),
  push_token_updated_at: int('When the token last changed, Unix seconds.'),
  push_token_provisionally_opted_in: boolean('Whether the opt-in is provisional.'),
  push_token_foreground_push_disabled: boolean('Whether foreground push is off for the token.'),
  web_push_token_user_auth: string('Authentication secret of a web push token.'),
  web_push_token_public_key: string('Public key of a web push token.'),
  web_push_token_vapid_public_key: string('VAPID public key of a web push token.'),
  ios_push_token_apns_gateway: int('Apple gateway: 1 for development, 2 for production.'),
  time_ms: long('When it happened, Unix milliseconds.'),
  button_action_type: string('What the push button does: `uri`, `deep_link`, `none` or `close`; null without one.'),
  button_string: string('The push button used; null when none was.'),
  activity_id: string('The Live Activity.'),
  activity_attributes_type: string('Name of the attributes type of the Live Activity.'),
  push_to_start_token: string('Token that can start the Live Activity.'),
  update_token: string('Token that can update the Live Activity.'),
  live_activity_event_type: string('`start`, `update` or `end`.'),
  live_activity_event_outcome: string('What became of it.'),

  // SMS, RCS, WhatsApp, LINE
  to_phone_number: personal(string('Number the message went to, E.164.')),
  from_phone_number: string('Number the message came from.'),
  user_phone_number: personal(string('Number the user wrote or clicked from.')),
  inbound_phone_number: string('Number the user wrote to.'),
  message_body: personal(string('What the user wrote.')),
  media_urls: strings('Media the user sent.'),
  action: string('What the message did to the subscription: `subscribed`, `unsubscribed` or `none`, in any case.'),
  category: string('Kind of automatic reply: `opt-in`, `opt-out`, `help` or one of the customer.'),
  is_sms_fallback: boolean('Whether the SMS stands in for an RCS message that was rejected.'),
  from_rcs_sender: string('RCS sender.'),
  to_rcs_sender: string('RCS sender that the user wrote to.'),
  interaction_type: string('Kind of tap.'),
  element_label: string('Text of the element tapped.'),
  element_type: string('`Suggestion` or `Button`.'),
  message_id: string('Id that Meta gave the message.'),
  bsuid: personal(string('The user, as WhatsApp knows them to this business.')),
  template_name: personal(string('WhatsApp template; only for template messages.')),
  flow_id: string('WhatsApp Flow; only when there is one.'),
  flow_response_json: personal(string('JSON text of what the user answered in the Flow.')),
  quick_reply_text: string('Text of the button the user pressed.'),
  catalog_id: string('Catalogue of the product that the user named.'),
  in_reply_to: string('Message that this one answers.'),
  line_channel_id: string('LINE channel.'),
  line_channel_name: string('Name of the LINE channel.'),
  native_line_id: personal(string('The user, as LINE knows them.')),
  media_id: string('Media the user sent, as LINE knows it.'),

  // Webhooks
  http_status_code: int('Status that came back.'),
  endpoint_url: string('Address that was called.'),
  host: string('Host of that address.'),
  url_path: string('Path of that address.'),
  content_length: int('Length of the answer, in bytes.'),
  raw_response: string('Beginning of the answer.'),
  retry_count: int('Attempts made before giving up.'),
  webhook_duration: int('How long the call took, in milliseconds.'),
  webhook_failure_source: string('Who failed: the platform or the endpoint.'),
  is_terminal: boolean('Whether it was the last attempt.'),

  // Profiles and agents
  random_bucket_number: int('New bucket.'),
  prev_random_bucket_number: int('Bucket before.'),
  orphaned_by_id: string('User that was kept when the two were merged.'),
  update_source: string('What made the change.'),
  archived: boolean('Whether the user was archived.'),
  custom_attributes: personal(string('JSON text of the custom attributes that changed.')),
  invocation_id: string('One run of the agent.'),
  invocation_source: string('What started the agent.'),
  request_id: string('The request.'),
  provider_request_id: string('The request, as the model vendor knows it.'),
  agent_id: string('The agent.'),
  agent_name: string('Name of the agent.'),
  model_provider: string('Vendor of the model.'),
  model_name: string('The model.'),
  llm_owned_by_customer: boolean("Whether the customer's own model key was used."),
  prompt_tokens: int('Tokens of the prompt.'),
  completion_tokens: int('Tokens of the answer.'),
  reasoning_tokens: int('Tokens spent on reasoning.'),
  cache_tokens: int('Tokens taken from a cache.'),
  total_tokens: int('All tokens.'),
  cache_hit: boolean('Whether the answer came from a cache.'),
  input: personal(string('What the model was given.')),
  output: personal(string('What the model answered.')),
  is_error: boolean('Whether it failed.'),
  tool_call_id: string('The call.'),
  tool_name: string('The tool.'),
  tool_arguments: string('JSON text of the arguments.'),
} as const satisfies Record<string, PropertyFacts>;

export type PropertyName = keyof typeof properties;
