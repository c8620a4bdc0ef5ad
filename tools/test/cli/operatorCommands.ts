/** Commands of docs/cli.md that operator.test.ts runs: a hub of their own has to run, or to be about to. */
export const operatorCommands = { start: 'currents start --workers 2', doctor: 'currents doctor' } as const;
