export interface CurlRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Parses a curl command. Throws at unsupported options, so that no part of a command is ignored. */
export function readCurl(command: string): CurlRequest {
  const [program, ...words] = [...command.replaceAll('\\\n', ' ').matchAll(/'([^']*)'|(\S+)/g)].map(
    ([, quoted, bare]) => quoted ?? bare ?? '',
  );
  if (program !== 'curl') throw new Error(`expected a curl command, got ${program}`);
  const headers: Record<string, string> = {};
  let url: string | undefined;
  let body: string | undefined;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '-s') continue;
    if (!word.startsWith('-')) {
      if (url !== undefined) throw new Error(`expected one URL, got also ${word}`);
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
    else throw new Error(`expected one of -s, -H, -u, -d, got ${word}`);
  }
  if (url === undefined) throw new Error('expected a URL, got none');
  return { url, method: body === undefined ? 'GET' : 'POST', headers, body };
}
