import { describe, expect, it } from 'vitest';
import { formatHubFile } from '../src/hubFile/formatHubFile.js';
import { parseHubFile } from '../src/hubFile/readHubFile.js';
import { referencesFor, resolveCredentials } from '../src/hubFile/secrets.js';
import { CommandFailure } from '../src/failure.js';

const faultOf = (content: string): CommandFailure => {
  try {
    parseHubFile(content, 'hub.yaml');
  } catch (error) {
    if (error instanceof CommandFailure) return error;
    throw error;
  }
  throw new Error('expected a CommandFailure, got none');
};

const current = `  - name: mail
    destination: mixpanel
    state: live
    contactEmail: ana@example.com
    selection: { groups: [message] }
`;

describe('a file', () => {
  it('is read with defaults, and written as it is read', () => {
    const file = parseHubFile(`version: 1\ncurrents:\n${current}`, 'hub.yaml');
    expect(file.currents?.[0]).toMatchObject({
      lingerMs: 250,
      settings: {},
      selection: { groups: ['message'], channels: [], eventTypes: [] },
      fieldRules: { isWithoutContactDetails: false, rules: [] },
    });
    expect(file.segments).toBeUndefined();
    expect(parseHubFile(formatHubFile(file), 'hub.yaml')).toEqual(file);
  });

  it('may be JSON', () => {
    expect(parseHubFile('{"version":1,"ingestTokens":[{"name":"braze"}]}', 'hub.json').ingestTokens).toEqual([
      { name: 'braze' },
    ]);
  });

  it.each([
    ['version: 2\ncurrents: []', 'hub.yaml: expected version 1, got 2: a later release wrote this file'],
    ['currents: []', 'line 1: version: expected 1, got nothing'],
    ['', 'expected an object, got nothing'],
    ['version: 1\nsegment: []', 'line 2: expected only known fields, got "segment"'],
    ['version: 1\ncurrents: {}', 'line 2: currents: expected a list, got an object'],
    ['version: 1\ncurrents:\n  - name: [', 'line 3: expected YAML or JSON, got a line that is neither'],
    ['version: 1\nversion: 1', 'line 2: expected each key of an object once, got one twice'],
    [
      `version: 1\ncurrents:\n${current.replace('live', 'on')}`,
      'line 5: currents[0].state: expected one of draft, live, paused, got "on"',
    ],
    [
      `version: 1\ncurrents:\n${current}    lingerMS: 3\n`,
      'line 8: currents[0]: expected only known fields, got "lingerMS"',
    ],
    [
      `version: 1\ncurrents:\n${current}    lingerMs: soon\n`,
      'line 8: currents[0].lingerMs: expected a number, got "soon"',
    ],
    [
      `version: 1\ncurrents:\n${current}${current.replace('mail', 'MAIL')}`,
      'line 8: currents[1]: expected each name once, got "MAIL" at currents[0], too; upper and lower case count as the same',
    ],
    [
      `version: 1\ncurrents:\n${current}    fieldRules: { rules: [{ drop: { fields: [a] }, hash: { fields: [a] } }] }\n`,
      'currents[0].fieldRules.rules[0]: expected exactly one of drop, hash, truncate, allowOnly, rename, constant, filter, got drop and hash',
    ],
    [
      'version: 1\ncohorts: [{ partner: mixpanel, id: 77, name: a }]',
      'cohorts[0].id: expected text (in quotes where YAML reads something else), got 77',
    ],
    [
      'version: 1\nsegments: [{ name: a, definition: { all: [{ includes: buyers }] } }]',
      'segments[0].definition.all[0].includes: expected the partner and the id of a cohort, such as mixpanel/77',
    ],
    [
      'version: 1\nsegments: [{ name: a, definition: { all: [], any: [] } }]',
      'segments[0].definition.all: expected at least 1 item, got a list',
    ],
    [
      'version: 1\nimportKeys: [{ partner: crm, name: a, validUntil: soon }]',
      'importKeys[0].validUntil: expected a time such as 2026-11-30T09:00:00Z, got "soon"',
    ],
    [`version: 1\ningestTokens: &a [{ name: x }]\nimportKeys: [${'*a, '.repeat(200)}]`, 'expected at most 100 aliases'],
  ])('%j is refused with what was expected, what it has, and where', (content, words) => {
    const { message, exitCode } = faultOf(content);
    expect(message).toContain(words);
    expect(exitCode).toBe(2);
  });

  it.each(['CANARY', '12345678', '{ secret: CANARY }', '"${env:not a name}CANARY"'])(
    'with the credential %s is refused, and does not show it',
    (value) => {
      const { message } = faultOf(`version: 1\ncurrents:\n${current}    credentials:\n      token: ${value}\n`);
      expect(message).toContain('line 9: currents[0].credentials.token: expected a reference such as ${env:');
      expect(message).not.toMatch(/CANARY|12345678/);
    },
  );
});

describe('references', () => {
  it('are named after the Current and the field, each variable once', () => {
    const taken = new Set<string>();
    const credentials = { kind: 'serviceAccount', fields: ['username', 'projectId'] };
    expect(referencesFor('Mail → Mixpanel', credentials, taken)).toEqual({
      kind: 'serviceAccount',
      projectId: '${env:MAIL_MIXPANEL_PROJECT_ID}',
      username: '${env:MAIL_MIXPANEL_USERNAME}',
    });
    expect(referencesFor('Mail / Mixpanel', { kind: null, fields: ['token'] }, taken)).toEqual({
      token: '${env:MAIL_MIXPANEL_2_TOKEN}',
    });
    expect(referencesFor('42', { kind: null, fields: ['token'] }, taken)).toEqual({ token: '${env:C_42_TOKEN}' });
    expect(referencesFor('none', { kind: null, fields: [] }, taken)).toEqual({});
  });

  it('are read as a whole, or their variables named', () => {
    const entry = { kind: 'serviceAccount', username: '${env:NAME}', secret: '${env:SECRET}' };
    expect(resolveCredentials(entry, { NAME: 'a', SECRET: 'b' })).toEqual({
      values: { kind: 'serviceAccount', username: 'a', secret: 'b' },
    });
    expect(resolveCredentials(entry, { NAME: '' })).toEqual({ missing: ['NAME', 'SECRET'] });
  });
});
