import { inject } from 'vitest';

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** Creates a separate database with all migrations. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const url = await ask('POST');
  return { url, drop: async () => void (await ask('DELETE', url)) };
}

async function ask(method: 'POST' | 'DELETE', body?: string): Promise<string> {
  const response = await fetch(inject('databaseService'), body === undefined ? { method } : { method, body });
  const text = await response.text();
  if (!response.ok) throw new Error(`no test database: ${text}`);
  return text;
}
