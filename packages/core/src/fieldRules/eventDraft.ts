import { setProperty } from '@currents/connector';
import type { CatalogueEvent, EventUser } from '@currents/schema';

export type Properties = Readonly<Record<string, unknown>>;

/**
 * An event that rules change. Several Currents read the same parsed event, so the first change copies what it changes. A
 * property that is taken out becomes null, which means absent; deleting it would make each later access slow (V8 keeps
 * objects with deleted properties as hash tables).
 */
export class EventDraft {
  properties: Properties;
  private user: EventUser;
  private nests: readonly string[] | undefined;

  constructor(private readonly source: CatalogueEvent) {
    this.properties = source.properties;
    this.user = source.user;
  }

  /** @param value null takes the property out. */
  set(name: string, value: unknown): void {
    if (this.properties === this.source.properties) this.properties = { ...this.properties };
    setProperty(this.properties, name, value);
    if (typeof value === 'object' && value !== null) this.nests = undefined;
  }

  replaceProperties(properties: Properties): void {
    this.properties = properties;
    this.nests = undefined;
  }

  setUser(field: keyof EventUser, value: string | null): void {
    this.user = { ...this.user, [field]: value };
  }

  userField(field: keyof EventUser): string | null | undefined {
    return this.user[field];
  }

  /** The names of the properties that are objects or lists, or were before they were taken out. */
  nestNames(): readonly string[] {
    if (this.nests) return this.nests;
    const names: string[] = [];
    for (const name in this.properties) {
      const value = this.properties[name];
      if (typeof value === 'object' && value !== null) names.push(name);
    }
    return (this.nests = names);
  }

  event(): CatalogueEvent {
    const { source, properties, user } = this;
    return properties === source.properties && user === source.user ? source : { ...source, user, properties };
  }
}
