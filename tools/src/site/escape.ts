import { outsideOfCode } from './markdown.js';

/** Text that is shown as it is: the site would take `<` for a tag, and two braces for an expression. */
export function escapeText(text: string): string {
  return outsideOfCode(text, (plain) => plain.replaceAll('<', '&lt;').replaceAll('{{', '&#123;&#123;'));
}

/** The same for a cell of a table. */
export function escapeCell(text: string): string {
  return escapeText(text)
    .replaceAll('|', '\\|')
    .replaceAll(/\s*\n\s*/g, '<br>');
}
