/** Up to three names that are similar to an unknown one, the most similar first. Case is ignored. */
export function nearest(unknown: string, names: readonly string[]): readonly string[] {
  const target = unknown.slice(0, 100).toLowerCase();
  if (target === '') return [];
  return names
    .map((name) => ({ name, distance: distanceTo(target, name.toLowerCase()) }))
    .filter(({ distance }) => distance <= Math.max(2, target.length / 4))
    .sort((one, other) => one.distance - other.distance)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** A part of a name, such as `email` of `message/email`, is a step away from it; else each changed character is one. */
function distanceTo(target: string, name: string): number {
  if (target === name) return 0;
  return name.split(/[/.]/).includes(target) ? 1 : edits(target, name);
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
