/** The event types by group and channel, as far as ticking them needs it. */
export interface Catalogue {
  readonly catalogue: readonly {
    readonly name: string;
    readonly channels: readonly (Channel & { readonly key: string })[];
  }[];
}

interface Channel {
  readonly eventTypes: readonly { readonly name: string }[];
}

/** All event types that can be ticked: those that the destination supports. */
export function ticksOf({ catalogue }: Catalogue, supported: ReadonlySet<string>): readonly string[] {
  return catalogue.flatMap(({ channels }) => channels.flatMap((channel) => typesOf(channel, supported)));
}

export function typesOf({ eventTypes }: Channel, supported: ReadonlySet<string>): readonly string[] {
  return eventTypes.map(({ name }) => name).filter((name) => supported.has(name));
}

/**
 * The selection for these ticks. A group or channel is named as a whole when all that the destination supports of it is
 * ticked, so that it takes what is added later.
 */
export function selectionOf(
  { catalogue }: Catalogue,
  supported: ReadonlySet<string>,
  ticked: ReadonlySet<string>,
): { groups: string[]; channels: string[]; eventTypes: string[] } {
  const selection = { groups: [] as string[], channels: [] as string[], eventTypes: [] as string[] };
  const isWhole = (types: readonly string[]): boolean => types.length > 0 && types.every((type) => ticked.has(type));
  for (const group of catalogue) {
    if (isWhole(group.channels.flatMap((channel) => typesOf(channel, supported)))) {
      selection.groups.push(group.name);
      continue;
    }
    for (const channel of group.channels) {
      const types = typesOf(channel, supported);
      if (isWhole(types)) selection.channels.push(channel.key);
      else selection.eventTypes.push(...types.filter((type) => ticked.has(type)));
    }
  }
  return selection;
}

interface Selection {
  readonly groups: readonly string[];
  readonly channels: readonly string[];
  readonly eventTypes: readonly string[];
}

/**
 * The selection for these ticks in place of another one. What that one names and has no tick, because the destination supports
 * nothing of it yet, stays selected.
 */
export function changedSelection(
  catalogue: Catalogue,
  supported: ReadonlySet<string>,
  ticked: ReadonlySet<string>,
  before: Selection,
): { groups: string[]; channels: string[]; eventTypes: string[] } {
  const next = selectionOf(catalogue, supported, ticked);
  const hasTick = (channels: readonly Channel[]): boolean =>
    channels.some((channel) => typesOf(channel, supported).length > 0);
  const groupsWithTick = new Set(
    catalogue.catalogue.filter(({ channels }) => hasTick(channels)).map(({ name }) => name),
  );
  const channelsWithTick = new Set(
    catalogue.catalogue.flatMap(({ channels }) =>
      channels.filter((channel) => hasTick([channel])).map(({ key }) => key),
    ),
  );
  return {
    groups: [...next.groups, ...before.groups.filter((name) => !groupsWithTick.has(name))],
    channels: [...next.channels, ...before.channels.filter((key) => !channelsWithTick.has(key))],
    eventTypes: [...next.eventTypes, ...before.eventTypes.filter((name) => !supported.has(name))],
  };
}
