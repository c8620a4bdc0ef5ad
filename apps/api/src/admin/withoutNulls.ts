/** An input as the core takes it: GraphQL's null and absence both mean that nothing was given. */
export type Given<Input> = {
  readonly [Key in keyof Input]: Exclude<Input[Key], null> | (null extends Input[Key] ? undefined : never);
};

export function given<Input extends object>(input: Input | null | undefined): Partial<Given<Input>> {
  return Object.fromEntries(
    Object.entries(input ?? {}).filter(([, value]) => value !== null && value !== undefined),
  ) as Partial<Given<Input>>;
}
