import { Document, isMap, isNode } from 'yaml';
import { hubFileVersion, type HubFile } from './hubFile.js';

const header = ` Configuration of a hub of Currents: currents config plan shows what it would change, currents config apply does it.
 It holds no secrets: a reference such as \${env:NAME} is read from the environment, or from the file of --secrets.`;

/** The file as YAML, a line for each value, so that two of them can be compared line by line. */
export function formatHubFile(file: HubFile): string {
  const document = new Document({ ...file, version: hubFileVersion }, { aliasDuplicateObjects: false });
  document.commentBefore = header;
  if (isMap(document.contents))
    for (const { key } of document.contents.items.slice(1)) if (isNode(key)) key.spaceBefore = true;
  return document.toString({ lineWidth: 0 });
}
