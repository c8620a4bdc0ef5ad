import { createRequire } from 'node:module';

/** nx requires this module, and its own class is CommonJS. */
const { default: DefaultChangelogRenderer } = createRequire(import.meta.url)('nx/release/changelog-renderer');

/** What nx puts beside the words of its headings. */
const pictures = /[\p{Extended_Pictographic}\u{FE0F}]\s*/gu;

/** Renders the changelog as nx does, with headings of words alone. */
export default class PlainChangelogRenderer extends DefaultChangelogRenderer {
  async render() {
    const text = await super.render();
    return text.replace(/^#+ .*$/gm, (heading) => heading.replace(pictures, ''));
  }
}
