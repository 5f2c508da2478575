import { DomainError } from '@granary/domain';
import type { FastifyRequest } from 'fastify';
import type { JsonSchema } from './json-schema.ts';

type Text = string | readonly string[];
type Fields = Readonly<Record<string, Text | undefined>>;
/** A request as Fastify's router and its query parser leave it. */
export type AddressedRequest = FastifyRequest<{ Querystring: Fields; Params: Fields }>;
/** How a parameter is written in an address. */
export type Spelling = 'number' | 'boolean' | 'list' | 'json' | 'text';

/** How each field of an input is written in a query string. */
export function spellingsOf(input: JsonSchema): ReadonlyMap<string, Spelling> {
  const fields = Object.entries(input.properties ?? {});
  return new Map(fields.map(([name, schema]) => [name, spellingOf(schema, input.$defs ?? {})]));
}

function spellingOf(schema: JsonSchema, definitions: NonNullable<JsonSchema['$defs']>): Spelling {
  const referred = schema.$ref?.replace('#/$defs/', '');
  if (referred !== undefined) return spellingOf(definitions[referred] ?? {}, definitions);
  const alternatives = [schema.anyOf, schema.oneOf, schema.allOf].flatMap((each) => each ?? []);
  if (alternatives.length > 0) {
    const spellings = new Set(
      alternatives.filter(({ type }) => type !== 'null').map((each) => spellingOf(each, definitions)),
    );
    const [only = 'text'] = spellings;
    if (spellings.size === 1) return only;
    // a number or a word: what is spelled like a number is one
    return (['json', 'number'] as const).find((each) => spellings.has(each)) ?? 'text';
  }
  switch (schema.type) {
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'object':
      return 'json';
    case 'array':
      return ['json', 'list'].includes(spellingOf(schema.items ?? {}, definitions)) ? 'json' : 'list';
    default:
      return 'text';
  }
}

/**
 * The query string as the fields of an input. Lists are separated by commas or repeated; objects, and lists of them, are
 * JSON text. What is not spelled as its type stays text for the input's schema to refuse. Throws DomainError invalid for
 * a parameter that the input does not have: a misspelled one must not be ignored.
 */
export function readQuery(query: Fields, spellings: ReadonlyMap<string, Spelling>): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(query)) {
    const spelling = spellings.get(name);
    if (!spelling) throw unknownParameter(name, [...spellings.keys()]);
    if (text !== undefined) fields[name] = readers[spelling](text, name);
  }
  return fields;
}

const readers: Record<Spelling, (text: Text, name: string) => unknown> = {
  number: (text) => (typeof text === 'string' && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : text),
  boolean: (text) => (text === 'true' ? true : text === 'false' ? false : text),
  list: (text, name) =>
    typeof text === 'string' && text.startsWith('[')
      ? readJson(text, name)
      : [text].flat().flatMap((each) => each.split(',')),
  json: (text, name) => readJson(text, name),
  text: (text) => text,
};

function readJson(text: Text, name: string): unknown {
  try {
    return JSON.parse(String(text));
  } catch (cause) {
    throw new DomainError('invalid', `${name}: is written as JSON`, { parameter: name }, { cause });
  }
}

const unknownParameter = (name: string, known: readonly string[]): DomainError =>
  new DomainError('invalid', `there is no parameter ${JSON.stringify(name.slice(0, 100))} here`, { parameters: known });
