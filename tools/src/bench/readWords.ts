/** What was asked for on the command line; undefined, with a word to the person and exit code 2, when that cannot be read. */
export function readWords<Asked>(command: string, read: (words: readonly string[]) => Asked): Asked | undefined {
  try {
    return read(process.argv.slice(2));
  } catch (error) {
    console.error(
      `${command}: ${error instanceof Error ? error.message : String(error)}\nSee npm run ${command} -- --help`,
    );
    process.exitCode = 2;
    return undefined;
  }
}
