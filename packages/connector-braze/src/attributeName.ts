/** Longer names are cut at 255 characters without an error (Braze, Custom attributes), so two could fall together. */
const maxLength = 100;

const form = /^[A-Za-z][A-Za-z0-9_]*$/;

/** Braze, User attributes object: fields of a profile, and words that control a request. They are no custom attributes. */
const reserved = new Set([
  'external_id',
  'user_alias',
  'braze_id',
  'alias_name',
  'alias_label',
  'country',
  'current_location',
  'date_of_first_session',
  'date_of_last_session',
  'dob',
  'email',
  'email_subscribe',
  'email_open_tracking_disabled',
  'email_click_tracking_disabled',
  'facebook',
  'first_name',
  'gender',
  'home_city',
  'image_url',
  'language',
  'last_name',
  'marked_email_as_spam_at',
  'phone',
  'push_subscribe',
  'push_token_import',
  'push_tokens',
  'subscription_groups',
  'time_zone',
  'twitter',
]);

/** Why a custom attribute cannot have this name; undefined when it can. */
export function attributeFault(name: string): string | undefined {
  if (name.length > maxLength) return `expected at most ${maxLength} characters, got ${name.length}`;
  if (!form.test(name)) return 'expected letters, digits and underscores, beginning with a letter';
  if (reserved.has(name.toLowerCase())) return `expected a name that Braze has not reserved, got ${name}`;
  return undefined;
}

/** The name for a segment of this name: `currents_` and its letters and digits. */
export function suggestName(segmentName: string): string {
  const words = segmentName
    .normalize('NFKD')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  return ['currents', ...(words.length > 0 ? words : ['segment'])].join('_').slice(0, maxLength).replace(/_+$/, '');
}
