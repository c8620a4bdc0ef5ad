import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { endProcess } from '../../services/processes.js';

/** The calls of a bench program: a name, one argument, a result. */
export type Calls = Record<string, (argument: never) => unknown>;

/** A part of the bench in a separate process. */
export interface Program<Known extends Calls> {
  readonly id: number;
  /** Rejects when the program fails or ends. Calls may end in any order. */
  call<Name extends keyof Known & string>(
    name: Name,
    ...argument: Parameters<Known[Name]>
  ): Promise<Awaited<ReturnType<Known[Name]>>>;
  stop(): Promise<void>;
}

interface Question {
  readonly number: number;
  readonly name: string;
  readonly argument: unknown;
}

type Answer = { readonly number: number } & ({ readonly value: unknown } | { readonly error: string });

/** Starts a built program of this folder, which ends when this process does. @param nodeOptions flags of Node. */
export function startProgram<Known extends Calls>(
  program: 'attacker' | 'durableScript' | 'floor' | 'forwarder' | 'generator' | 'sink',
  nodeOptions: readonly string[] = [],
): Program<Known> {
  const file = fileURLToPath(new URL(`./${program}.js`, import.meta.url));
  // A separate session: Ctrl-C at the terminal reaches only the bench, which then ends its programs.
  const child = fork(file, [], {
    serialization: 'advanced',
    detached: true,
    execArgv: [...nodeOptions],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
  let asked = 0;
  let ended: Error | undefined;
  const end = (error: Error): void => {
    ended ??= error;
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };
  child.on('error', end);
  child.on('exit', (code, signal) =>
    end(new Error(`the ${program} of the bench ended: ${signal ?? `exit code ${code}`}`)),
  );
  child.on('message', (answer: Answer) => {
    const caller = waiting.get(answer.number);
    waiting.delete(answer.number);
    if ('error' in answer) caller?.reject(new Error(`the ${program} of the bench failed: ${answer.error}`));
    else caller?.resolve(answer.value as never);
  });
  const id = child.pid;
  if (id === undefined) throw new Error(`the ${program} of the bench cannot be started`);
  return {
    id,
    call: (name, ...[argument]) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended);
        const number = asked++;
        waiting.set(number, { resolve, reject });
        child.send({ number, name, argument } satisfies Question, (error) => error && end(error));
      }),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      await endProcess(id, [
        { signal: 'SIGTERM', waitMs: 3_000 },
        { signal: 'SIGKILL', waitMs: 3_000 },
      ]);
    },
  };
}

/** The program's side: answers the bench's calls until the bench disconnects. */
export function answerCalls(calls: Calls): void {
  process.on('message', (question: Question) => void answer(calls, question));
  process.on('disconnect', () => process.exit());
}

async function answer(calls: Calls, { number, name, argument }: Question): Promise<void> {
  try {
    const call = calls[name];
    if (!call) throw new Error(`expected one of ${Object.keys(calls).join(', ')}, got "${name}"`);
    process.send?.({ number, value: await call(argument as never) } satisfies Answer);
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.send?.({ number, error: text } satisfies Answer);
  }
}
