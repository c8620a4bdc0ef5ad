/**
 * The users whose events arrived first in another order than they were sent, and how many of them came too late.
 * `arrived`: ids as the partner stored them; `sent`: the user of each id, in the order of sending.
 */
export function outOfOrder(arrived: readonly string[], sent: ReadonlyMap<string, string>): string[] {
  const place = new Map([...sent.keys()].map((id, index) => [id, index]));
  const latest = new Map<string, number>();
  const late = new Map<string, number>();
  for (const id of new Set(arrived)) {
    const [user, index] = [sent.get(id) ?? '', place.get(id) ?? -1];
    if (index < (latest.get(user) ?? -1)) late.set(user, (late.get(user) ?? 0) + 1);
    else latest.set(user, index);
  }
  return Array.from(late, ([user, count]) => `${user}: ${count} events came after later ones`);
}
