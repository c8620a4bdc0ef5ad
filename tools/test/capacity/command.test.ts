import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documentFile, insertPlan } from '../../src/capacity/document.js';
import { figuresFile, parseFigures } from '../../src/capacity/figures.js';
import { capacity } from '../../src/capacity/options.js';
import { describeCommand, readOptions } from '../../src/options.js';
import { exampleFigures } from './exampleFigures.js';

const program = fileURLToPath(new URL('../../dist/capacity/main.js', import.meta.url));

interface Ended {
  readonly exitCode: number;
  readonly output: string;
  readonly errors: string;
}

function run(...words: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    // Node warns when both are set, as the test runner does.
    const { FORCE_COLOR: _force, NO_COLOR: _no, ...env } = process.env;
    execFile(process.execPath, [program, ...words], { env }, (error, output, errors) =>
      resolve({ exitCode: Number(error?.code ?? 0), output, errors }),
    );
  });
}

describe('the options of npm run capacity', () => {
  it('are all explained by --help', () => {
    const help = describeCommand(capacity);
    const explained = [...help.matchAll(/^ {2}--([\w-]+)(?: [A-Z]+)? {2,}\S/gm)].map(([, option = '']) =>
      option.replace(/-./g, ([, letter = '']) => letter.toUpperCase()),
    );
    expect(explained.sort()).toEqual([...Object.keys(capacity.options), 'help'].sort());
  });

  it('read rates and costs', () => {
    const given = ['--events-per-second', '5000,20000', '--unit-costs', 'api.event=4.5,wal.request=300'];
    expect(readOptions(capacity.options, given)).toMatchObject({
      eventsPerSecond: [5_000, 20_000],
      unitCosts: [
        { resource: 'api', unit: 'event', cost: 4.5 },
        { resource: 'wal', unit: 'request', cost: 300 },
      ],
    });
  });

  it.each([
    [
      ['--events-per-second', 'many'],
      'expected up to 12 whole numbers from 1 to 99999999, separated by commas, got "many"',
    ],
    [['--events-per-second', '0'], '--events-per-second: expected up to 12'],
    [['--utilisation', '100'], '--utilisation: expected a whole number from 10 to 95, got "100"'],
    [['--destination', 'kafka'], '--destination: expected mixpanel, amplitude, posthog, got "kafka"'],
    [['--event-bytes', '1'], '--event-bytes: expected a whole number from 10 to 1000000, got "1"'],
    [
      ['--unit-costs', 'api.events=4'],
      '--unit-costs: expected RESOURCE.UNIT=NUMBER, separated by commas; resources: api, ',
    ],
    [['--fast'], "Unknown option '--fast'"],
  ])('are refused with the expected value: %j', (args, message) => {
    expect(() => readOptions(capacity.options, args)).toThrow(message);
  });
});

describe('npm run capacity', () => {
  let folder = '';
  let figures = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'currents-capacity-test-'));
    figures = join(folder, 'figures.json');
    await writeFile(figures, JSON.stringify(exampleFigures));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('prints what each rate needs, the bottlenecks and the simulation', async () => {
    const { exitCode, output, errors } = await run('--figures', figures, '--events-per-second', '2000,50000');
    expect(errors).toBe('');
    expect(exitCode).toBe(0);
    expect(output).toMatch(/^events\/s +2,000 +50,000$/m);
    expect(output).toMatch(/^network: MB\/s in +1\.2 +30$/m);
    expect(output).toMatch(/^\d limit of the partner +project +30,000 events\/s +30,000$/m);
    expect(output).toMatch(/^60 % /m);
    expect(output).toMatch(/^event +5 +– +1 +100 +100$/m);
    expect(output).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('uses figures and limits of the reader', async () => {
    const given = ['--figures', figures, '--events-per-second', '1000'];
    const more = ['--event-bytes', '1200', '--unit-costs', 'stored.event=0', '--partner-events-per-second', '500'];
    const { output } = await run(...given, ...more, '--connections-per-process', '10', '--fsyncs-per-second', '250');
    expect(output).toMatch(/^network: MB\/s in +1\.2$/m);
    expect(output).toMatch(/^Postgres: connections +20$/m);
    expect(output).toMatch(/^1 limit of the partner +project +500 events\/s +500$/m);
    expect(output).toMatch(/commits to disk +hub +250 fsyncs\/s/);
    expect(output).toContain('The first is "limit of the partner"');
  });

  it.each([
    ['nothing.json', undefined, 'ENOENT'],
    ['text.json', 'figures', 'expected JSON, got "figures"'],
    ['other.json', '{"commit":5}', 'expected figures of npm run capacity -- --measure; commit: '],
  ])('refuses %s as figures', async (name, text, message) => {
    const file = join(folder, name);
    if (text !== undefined) await writeFile(file, text);
    const { exitCode, errors } = await run('--figures', file);
    expect(exitCode).toBe(1);
    expect(errors).toContain(`npm run capacity: --figures ${file}: `);
    expect(errors).toContain(message);
    expect(errors).not.toMatch(/^ +at /m);
  });
});

it('npm run capacity measures, or uses figures of a file', async () => {
  const { exitCode, errors } = await run('--measure', '--figures', 'figures.json');
  expect(exitCode).toBe(2);
  expect(errors).toBe('npm run capacity: expected --measure or --figures, got both\n');
});

describe('docs/capacity.md', () => {
  it('has what the committed figures lead to: npm run capacity -- --docs writes it', async () => {
    const [text, figures] = [await readFile(documentFile, 'utf8'), parseFigures(await readFile(figuresFile, 'utf8'))];
    expect(insertPlan(text, figures)).toBe(text);
    // `npm run format:check` would refuse a file that the command has written otherwise.
    expect(await format(text, { parser: 'markdown' })).toBe(text);
  });

  it('changes with the figures', async () => {
    const text = await readFile(documentFile, 'utf8');
    expect(insertPlan(text, exampleFigures)).toContain('Measured on Example 9000, 2 cores');
  });

  it('is refused without the markers', () => {
    expect(() => insertPlan('# Capacity', exampleFigures)).toThrow('expected the lines "<!-- capacity: begin');
  });
});
