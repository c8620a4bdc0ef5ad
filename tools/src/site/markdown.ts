/** A link or a picture of a Markdown document. */
export interface Link {
  /** As written: a path with or without a fragment, or only a fragment. */
  readonly target: string;
  readonly path: string;
  /** Undefined without `#`. */
  readonly fragment: string | undefined;
}

const fence = /^( *)(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1\2[ \t]*$/gm;
const inlineCode = /(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g;
const linkPattern =
  /(?<=\]\()[^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?=(?: "[^"\n]*")?\))|(?<=\b(?:src|srcset|href)=")[^"\s]+(?=")/g;

/** Calls `change` for the target of every link and picture within this site, and returns the document with the answers. */
export function replaceTargets(markdown: string, change: (link: Link) => string): string {
  return outsideOfCode(markdown, (text) =>
    text.replaceAll(linkPattern, (target) => (/^(?:[a-z]+:|\/\/)/i.test(target) ? target : change(linkOf(target)))),
  );
}

/** The links and pictures that lead to other places of the repository or of the document. */
export function linksOf(markdown: string): readonly Link[] {
  const links: Link[] = [];
  replaceTargets(markdown, (link) => {
    links.push(link);
    return link.target;
  });
  return links;
}

function linkOf(target: string): Link {
  const hash = target.indexOf('#');
  return hash === -1
    ? { target, path: target, fragment: undefined }
    : { target, path: target.slice(0, hash), fragment: target.slice(hash + 1) };
}

/** Applies `change` to what is neither a code block nor code within a line. */
export function outsideOfCode(markdown: string, change: (text: string) => string): string {
  const code: string[] = [];
  const keep = (text: string): string => `\u0000${code.push(text) - 1}\u0000`;
  // Code may be the text of a link, so it stands in it as a mark meanwhile.
  const marked = markdown.replaceAll(fence, keep).replaceAll(inlineCode, keep);
  const restore = (text: string): string =>
    text.replaceAll(/\u0000(\d+)\u0000/g, (_, index) => code[Number(index)] ?? '');
  return restore(restore(change(marked)));
}

/** The text of the first heading; undefined without one. */
export function titleOf(markdown: string): string | undefined {
  const [, title] = /^# (.+)$/m.exec(markdown.replaceAll(fence, '')) ?? [];
  return title && plainText(title);
}

/** The ids of all headings, as GitHub and the documentation site make them: a repeated one gets a number. */
export function headingIds(markdown: string): ReadonlySet<string> {
  const counts = new Map<string, number>();
  return new Set(
    [...markdown.replaceAll(fence, '').matchAll(/^#{1,6} (.+?)(?: \{#(.+)\})?$/gm)].map(([, heading = '', given]) => {
      if (given !== undefined) return given;
      const id = headingId(plainText(heading));
      const count = counts.get(id) ?? 0;
      counts.set(id, count + 1);
      return count === 0 ? id : `${id}-${count}`;
    }),
  );
}

/** The id of a heading with this text. */
export function headingId(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');
}

/** The text of a heading without its markup. */
const plainText = (heading: string): string =>
  heading
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[`*]/g, '')
    .trim();
