import { setProperty } from '@currents/connector';

export type Properties = Readonly<Record<string, unknown>>;

/**
 * Properties that rules change one after another. Several Currents read the same parsed event, so the first change copies
 * them. A property that is taken out becomes null, which means absent; deleting it would make each later access slow (V8
 * keeps objects with deleted properties as hash tables).
 */
export class PropertiesDraft {
  properties: Properties;
  private nests: readonly string[] | undefined;

  constructor(private readonly source: Properties) {
    this.properties = source;
  }

  /** @param value null takes the property out. */
  set(name: string, value: unknown): void {
    if (this.properties === this.source) this.properties = { ...this.properties };
    setProperty(this.properties, name, value);
    if (typeof value === 'object' && value !== null) this.nests = undefined;
  }

  replaceProperties(properties: Properties): void {
    this.properties = properties;
    this.nests = undefined;
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
}
