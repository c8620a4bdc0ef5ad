import { posix } from 'node:path';

/** An instruction of a Dockerfile: its keyword and what follows, with continued lines joined. */
export interface Instruction {
  readonly keyword: string;
  readonly text: string;
}

export interface Stage {
  readonly name: string;
  /** The image or the earlier stage that it begins with. */
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

/** The stages of a Dockerfile, from top to bottom. Throws for an instruction that `runStage` would leave out silently. */
export function readDockerfile(text: string): readonly Stage[] {
  const lines = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: { name: string; base: string; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [, keyword = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    if (!known.has(keyword)) throw new Error(`expected a known instruction, got ${line}`);
    const [, base = '', name = ''] = /^(\S+) AS (\S+)$/.exec(rest) ?? [];
    if (keyword === 'FROM') stages.push({ name, base, instructions: [] });
    else stages.at(-1)?.instructions.push({ keyword, text: rest });
  }
  return stages;
}

/** The user that the images run as: the same for all of them, which a test of the Dockerfile checks. */
export const imageUser = '1000:1000';

const known = new Set('FROM ARG ENV WORKDIR COPY RUN LABEL USER STOPSIGNAL EXPOSE HEALTHCHECK CMD'.split(' '));

/** The stages that a stage consists of, the first one first: each begins with the one before it. */
export function lineage(stages: readonly Stage[], name: string): readonly Stage[] {
  const stage = stages.find((each) => each.name === name);
  return stage === undefined ? [] : [...lineage(stages, stage.base), stage];
}

/** The pairs of an ENV instruction. */
export function readPairs(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(text.split(' ').map((pair) => pair.split('=') as [string, string]));
}

/** What a container of this stage runs with. */
export function imageOf(stages: readonly Stage[], name: string) {
  const instructions = lineage(stages, name).flatMap((stage) => stage.instructions);
  const last = (keyword: string): string => instructions.findLast((each) => each.keyword === keyword)?.text ?? '';
  const environment = instructions.filter(({ keyword }) => keyword === 'ENV').map(({ text }) => readPairs(text));
  return {
    command: readWords(last('CMD')),
    healthCommand: readWords(last('HEALTHCHECK').replace(/^.*? CMD /, '')),
    environment: Object.assign({}, ...environment) as Readonly<Record<string, string>>,
    port: Number(last('EXPOSE')),
    user: last('USER'),
    /** The working directory: the last one of the stage. */
    directory: last('WORKDIR'),
  };
}

const readWords = (text: string): readonly string[] => (text === '' ? [] : (JSON.parse(text) as string[]));

/** Whether `.dockerignore` keeps a path out of the build: the last pattern that matches it or a folder above it decides. */
export function createIgnore(text: string): (path: string) => boolean {
  const patterns = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const isException = line.startsWith('!');
      const glob = posix.normalize(isException ? line.slice(1) : line);
      const expression = glob
        .replaceAll('.', '\\.')
        .replaceAll('**/', '\u0000')
        .replaceAll('*', '[^/]*')
        .replaceAll('\u0000', '(?:.*/)?');
      return { isException, expression: new RegExp(`^${expression}(?:/|$)`) };
    });
  return (path) => patterns.findLast(({ expression }) => expression.test(path))?.isException === false;
}
