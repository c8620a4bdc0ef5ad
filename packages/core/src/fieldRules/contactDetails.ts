import { setProperty } from '@currents/connector';
import { catalogue, isRecord } from '@currents/schema';

/** Properties of the catalogue that hold an e-mail address or a phone number. */
const contactNames: ReadonlySet<string> = new Set([
  'email_address',
  // Of a subscription group: the address or the number that is subscribed.
  'channel_identifier',
  ...['phone_number', 'to_phone_number', 'from_phone_number', 'inbound_phone_number', 'user_phone_number'],
]);

/** Ends of the names that customers give to such properties, in lower case and without what is no letter or digit. */
const contactEndings = [
  ...['email', 'emailaddress', 'mailaddress', 'emails', 'emailaddresses'],
  ...['phone', 'phonenumber', 'phones', 'phonenumbers', 'mobile', 'mobilenumber', 'cellnumber', 'msisdn'],
] as const;

/** Properties of the catalogue in which people, partners or servers write text, or which are addresses of pages. */
const freeTexts: ReadonlySet<string> = new Set([
  ...['name', 'custom_properties', 'purchase_properties', 'custom_attributes', 'message_extras', 'message_body'],
  ...['abort_log', 'retry_log', 'bounce_reason', 'deferral_reason', 'error', 'provider_error_title', 'raw_response'],
  ...['url', 'short_url', 'url_path', 'endpoint_url', 'media_urls', 'link_alias', 'button_string', 'element_label'],
  ...['quick_reply_text', 'flow_response_json', 'input', 'output', 'tool_arguments', 'source', 'user_agent'],
  ...['first_name', 'last_name', 'home_city', 'locale_key', 'template_name', 'product_id'],
]);

/** What the platform sets by itself, such as ids and names of campaigns. It is not searched. */
const platformNames: ReadonlySet<string> = new Set(
  catalogue.flatMap(({ properties }) => properties.map(({ name }) => name)).filter((name) => !freeTexts.has(name)),
);

/** `search`: dropped if its text holds an address or a number. */
type Treatment = 'drop' | 'search' | 'keep';

/** Names are few, so each is judged once. A sender who invents names only empties the memory. */
const maxRemembered = 5_000;
const remembered = new Map<string, Treatment>();

/** How a property of this name is treated at the top level of an event's properties. */
function treatmentOf(name: string): Treatment {
  const known = remembered.get(name);
  if (known !== undefined) return known;
  if (remembered.size >= maxRemembered) remembered.clear();
  const treatment = isContactName(name) ? 'drop' : platformNames.has(name) ? 'keep' : 'search';
  if (name.length <= 100) remembered.set(name, treatment);
  return treatment;
}

/** Whether a property of this name holds an e-mail address or a phone number, whatever its value looks like. */
export function isContactName(name: string): boolean {
  if (contactNames.has(name)) return true;
  const folded = name
    .slice(-100)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '');
  return contactEndings.some((ending) => folded.endsWith(ending));
}

/** Something before an at sign (in the address of a page `%40`), and after it a domain with a full stop. */
const emailAddress = /(?<=[^\s@/<>"',;:()])(?:@|%40)[^\s@%<>"',;:()]{1,253}?\.[\p{L}\p{N}]/iu;
/** E.164: `+` (`%2B`) and 8 to 15 digits, with blanks, full stops, hyphens, slashes or brackets between them. */
const internationalNumber = /(?:\+|%2B)[1-9](?:[ .\-/()]{0,2}\d){7,14}(?!\d)/i;
/** The North American form, with separators: `(555) 123-4567`, `555-123-4567`. */
const nationalNumber = /(?<!\d)(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?!\d)/;

/** Whether a text holds an e-mail address or a phone number. Takes time in proportion to its length. */
export function holdsContactDetails(text: string): boolean {
  const hasPercent = text.includes('%');
  if ((text.includes('@') || hasPercent) && emailAddress.test(text)) return true;
  if ((text.includes('+') || hasPercent) && internationalNumber.test(text)) return true;
  return text.length >= 12 && nationalNumber.test(text);
}

/** What is left of a property at the top level of an event's properties; the same value when nothing goes, null when all. */
export function leftOfProperty(name: string, value: unknown): unknown {
  const treatment = treatmentOf(name);
  if (treatment === 'keep') return value;
  return treatment === 'drop' && typeof value !== 'boolean' ? null : (withoutContactDetails(value) ?? null);
}

/** Undefined when nothing is left; the same value when there are none in it. Names of such properties go with them. */
function withoutContactDetails(value: unknown): unknown {
  if (typeof value === 'string') return holdsContactDetails(value) ? undefined : value;
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    const left = items.map(withoutContactDetails);
    return left.some((item, index) => item !== items[index]) ? left.filter((item) => item !== undefined) : value;
  }
  if (!isRecord(value)) return value;
  const left: Record<string, unknown> = {};
  let isChanged = false;
  for (const name in value) {
    const inner = value[name];
    const isDropped = (isContactName(name) && typeof inner !== 'boolean') || holdsContactDetails(name);
    const kept = isDropped ? undefined : withoutContactDetails(inner);
    isChanged ||= kept !== inner;
    if (kept !== undefined) setProperty(left, name, kept);
  }
  return isChanged ? left : value;
}
