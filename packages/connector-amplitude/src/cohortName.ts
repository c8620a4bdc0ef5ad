/** Amplitude, Receiving behavioral cohorts: lists are named `[Amplitude] <cohort name>: <cohort id>`. */
const PREFIX = '[Amplitude] ';
const SEPARATOR = ': ';

/** Name and id of a cohort, from what Amplitude calls its list. The name may have colons itself; without any, it is the id too. */
export function readListName(listName: string): { readonly id: string; readonly name: string } {
  const end = listName.lastIndexOf(SEPARATOR);
  const id = end < 0 ? '' : listName.slice(end + SEPARATOR.length).trim();
  return id === '' ? { id: listName, name: listName } : { id, name: plainName({ id, name: listName }) };
}

/** What the cohort is called at the hub; decorated once, whether or not its name came decorated. */
export function displayName(cohort: { readonly id: string; readonly name: string }): string {
  return `${PREFIX}${plainName(cohort)}${SEPARATOR}${cohort.id}`;
}

function plainName({ id, name }: { readonly id: string; readonly name: string }): string {
  const suffix = SEPARATOR + id;
  const start = name.startsWith(PREFIX) ? PREFIX.length : 0;
  const end = name.endsWith(suffix) ? name.length - suffix.length : name.length;
  return name.slice(start, Math.max(start, end)).trim() || id;
}
