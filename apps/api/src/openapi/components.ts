import type { z } from 'zod';
import { type JsonSchema, jsonSchemaOf } from '../rest/json-schema.ts';

/** The named schemas of a document, collected while its operations are described. */
export class Components {
  readonly schemas: Record<string, JsonSchema> = {};

  /** A schema that refers to components for all that has a name (`.meta({ id })`). */
  add(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const { $schema: _dialect, $defs = {}, ...own } = refer(jsonSchemaOf(schema, io));
    for (const [name, definition] of Object.entries($defs)) this.#define(name, definition);
    const { id, ...rest } = own;
    if (typeof id !== 'string') return own;
    this.#define(id, rest);
    return { $ref: `#/components/schemas/${id}` };
  }

  #define(name: string, { id: _id, ...schema }: JsonSchema): void {
    const known = this.schemas[name];
    if (known && JSON.stringify(known) !== JSON.stringify(schema))
      throw new Error(`the schema ${name} would be two different ones`);
    this.schemas[name] = schema;
  }
}

/** zod refers to `#/$defs/X`; OpenAPI keeps those under components. */
function refer(schema: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'));
}
