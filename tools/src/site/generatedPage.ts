/** A page of the site that is made of code. */
export interface GeneratedPage {
  readonly path: string;
  readonly title: string;
  /** Markdown without the title. */
  readonly text: string;
}
