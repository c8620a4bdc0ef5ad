/**
 * Lists of events, each for one route, that are sent one after the other. The events of a user stay in the order in which
 * they were added: one goes into the first list of its route that does not come before that of the user's last event.
 * Those of different users pass each other, so there are only as many lists as a single user changes routes.
 *
 * @param open starts the list of a route; undefined is the usual one.
 */
export function createRouteLists<List>(open: (route: string | undefined) => List) {
  const usual = open(undefined);
  const lists = [usual];
  const routes: (string | undefined)[] = [undefined];
  const places = new Map<string, number>();
  return {
    /** The list of a connector without routes. */
    usual,
    all: (): readonly List[] => lists,
    listFor(route: string | undefined, user: string | undefined): List {
      let place = user === undefined ? 0 : (places.get(user) ?? 0);
      while (place < routes.length && routes[place] !== route) place++;
      if (place === routes.length) {
        routes.push(route);
        lists.push(open(route));
      }
      if (user !== undefined) places.set(user, place);
      return lists[place] as List;
    },
  };
}
