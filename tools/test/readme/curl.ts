export interface CurlRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Reads a curl command as curl would. Throws at what it does not know, so that nothing that is shown goes unread. */
export function readCurl(command: string): CurlRequest {
  const [program, ...words] = [...command.replaceAll('\\\n', ' ').matchAll(/'([^']*)'|(\S+)/g)].map(
    ([, quoted, bare]) => quoted ?? bare ?? '',
  );
  if (program !== 'curl') throw new Error(`expected a curl command, got ${program}`);
  const headers: Record<string, string> = {};
  let url: string | undefined;
  let body: string | undefined;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (!word.startsWith('-')) {
      if (url !== undefined) throw new Error(`a second address came: ${word}`);
      url = word;
      continue;
    }
    const value = words.shift();
    if (value === undefined) throw new Error(`${word} has no value`);
    if (word === '-H') {
      const [name = '', ...rest] = value.split(': ');
      headers[name.toLowerCase()] = rest.join(': ');
    } else if (word === '-u') headers['authorization'] = `Basic ${Buffer.from(value).toString('base64')}`;
    else if (word === '-d') body = value;
    else throw new Error(`an option came that this reader does not know: ${word}`);
  }
  if (url === undefined) throw new Error('no address came');
  return { url, method: body === undefined ? 'GET' : 'POST', headers, body };
}
