import { z } from 'zod';

export const settings = z.strictObject({
  baseUrl: z.url({ protocol: /^https?$/ }).describe('Address of the Tidemark API, such as https://api.example.com.'),
});

export const credentials = z.strictObject({
  apiKey: z.string().trim().min(1).describe('API key of the Tidemark workspace, with permission to write events.'),
});

export type Settings = z.infer<typeof settings>;
export type Credentials = z.infer<typeof credentials>;
