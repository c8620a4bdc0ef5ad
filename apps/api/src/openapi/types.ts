/**
 * The parts of OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.1.html) that the api's description uses. Stricter than the
 * specification: every operation, parameter, body and answer has to be described.
 */
export interface OpenApiDocument {
  readonly openapi: '3.1.1';
  readonly info: { readonly title: string; readonly version: string; readonly description: string } & Extensions;
  readonly servers: readonly { readonly url: string; readonly description: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Paths;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly headers: Readonly<Record<string, Header>>;
    readonly responses: Readonly<Record<string, Response>>;
    readonly securitySchemes: Readonly<Record<string, SecurityScheme>>;
  };
}

interface Extensions {
  readonly license: { readonly name: string; readonly identifier: string };
}

/** Operations by path, such as `/v1/segments/{id}/members`, and method. */
export type Paths = Readonly<Record<string, Readonly<Partial<Record<Method, Operation>>>>>;

export const methods = ['get', 'post', 'delete'] as const;
export type Method = (typeof methods)[number];

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly [string];
  /** One line. */
  readonly summary: string;
  /** What it is for, and what a caller may rely on. Markdown: paragraphs, lists and `code`. */
  readonly description: string;
  /** Alternatives, each by the name of its scheme; none if it needs no authentication. */
  readonly security: readonly Readonly<Record<string, readonly []>>[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly description: string;
    readonly required: boolean;
    readonly content: Readonly<Record<string, MediaType>>;
  };
  /** Answers by status; `default` is every other one. */
  readonly responses: Responses;
}

export type Responses = Readonly<Record<string, Response | Reference>>;

export interface Response {
  readonly description: string;
  readonly headers?: Readonly<Record<string, Header | Reference>>;
  /** Bodies by media type; none if the answer has no body. */
  readonly content?: Readonly<Record<string, MediaType>>;
}

export interface Reference {
  readonly $ref: string;
}

export interface MediaType {
  readonly schema: Schema;
  readonly examples: Readonly<Record<string, { readonly summary?: string; readonly value: unknown }>>;
}

export interface Header {
  readonly description: string;
  /** Whether every answer of its status has it. */
  readonly required?: boolean;
  readonly schema: Schema;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly description: string;
  readonly required?: boolean;
  readonly schema: Schema;
  readonly example: unknown;
}

export type SecurityScheme = { readonly description: string } & (
  | { readonly type: 'http'; readonly scheme: 'basic' | 'bearer' }
  | { readonly type: 'apiKey'; readonly in: 'header' | 'cookie'; readonly name: string }
);

/** A JSON Schema of draft 2020-12. */
export type Schema = Readonly<Record<string, unknown>>;
