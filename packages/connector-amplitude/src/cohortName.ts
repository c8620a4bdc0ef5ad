/** Amplitude, Receiving behavioral cohorts: lists are named `[Amplitude] <cohort name>: <cohort id>`. */
const prefix = '[Amplitude] ';
const separator = ': ';

/** Id and name of a cohort, from the name of its list. The name may contain colons; without an id, it is the id. */
export function readListName(listName: string): { readonly id: string; readonly name: string } {
  const end = listName.lastIndexOf(separator);
  const id = end < 0 ? '' : listName.slice(end + separator.length).trim();
  return id === '' ? { id: listName, name: listName } : { id, name: plainName({ id, name: listName }) };
}

/** The cohort's name at the hub, with prefix and id once each, whether or not the name has them. */
export function displayName(cohort: { readonly id: string; readonly name: string }): string {
  return `${prefix}${plainName(cohort)}${separator}${cohort.id}`;
}

function plainName({ id, name }: { readonly id: string; readonly name: string }): string {
  const suffix = separator + id;
  const start = name.startsWith(prefix) ? prefix.length : 0;
  const end = name.endsWith(suffix) ? name.length - suffix.length : name.length;
  return name.slice(start, Math.max(start, end)).trim() || id;
}
