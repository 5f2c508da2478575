import { z } from 'zod';

/** The parts of JSON Schema (2020-12) that our zod schemas come out as. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly description?: string;
  readonly [keyword: string]: unknown;
}

/** A zod schema as JSON Schema: what callers send (`input`), or what they get (`output`). */
export function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  // z.custom has no JSON Schema; its `.meta()` describes it
  return z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonSchema;
}
