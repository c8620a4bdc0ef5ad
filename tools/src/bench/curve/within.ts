/** Rejects when the work has not ended after so many seconds; the work itself goes on. */
export async function within<Value>(seconds: number, work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${Math.round(seconds)} s`)), seconds * 1_000);
  });
  return Promise.race([work, limit]).finally(() => clearTimeout(timer));
}
