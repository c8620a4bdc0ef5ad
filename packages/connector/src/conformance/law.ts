/** One thing that every connector keeps, and how to find out. */
export interface Law {
  readonly name: string;
  /** Throws, or rejects, when the law is broken. */
  prove(): void | Promise<void>;
}
