/** The names most like one that nobody knows, the likest first, three at most. Case does not count. */
export function nearest(unknown: string, names: readonly string[]): readonly string[] {
  const wanted = unknown.slice(0, 100).toLowerCase();
  if (wanted === '') return [];
  return names
    .map((name) => ({ name, distance: distanceTo(wanted, name.toLowerCase()) }))
    .filter(({ distance }) => distance <= Math.max(2, wanted.length / 4))
    .sort((one, other) => one.distance - other.distance)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** A part of a name, such as `email` of `message/email`, is a step away from it; else each changed character is one. */
function distanceTo(wanted: string, name: string): number {
  if (wanted === name) return 0;
  return name.split(/[/.]/).includes(wanted) ? 1 : edits(wanted, name);
}

/** How many characters must be put in, taken out or replaced to make one text the other. */
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, taken) => taken);
  for (let place = 0; place < from.length; place += 1) {
    const next = [place + 1];
    for (let taken = 0; taken < to.length; taken += 1) {
      const replaced = row[taken]! + (from[place] === to[taken] ? 0 : 1);
      next.push(Math.min(replaced, row[taken + 1]! + 1, next[taken]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
