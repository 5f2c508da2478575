/** The part of JSON Schema (draft 2020-12) that zod's `toJSONSchema` writes for our actions. */
export interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly description?: string;
  readonly default?: unknown;
}

export interface Printing {
  /** Callers may pass frozen arrays and explicit undefined; what comes back is theirs to change. */
  readonly io: 'input' | 'output';
  /** Names of unions that have one, by their values as JSON. */
  readonly unions: ReadonlyMap<string, string>;
}

/** A schema as a TypeScript type, nested objects indented by `depth`. Throws on what it does not know. */
export function printType(schema: Schema, printing: Printing, depth = 0): string {
  const inner = (each: Schema) => printType(each, printing, depth);
  if (schema.$ref) return schema.$ref.slice('#/$defs/'.length);
  if (schema.enum) return printing.unions.get(JSON.stringify(schema.enum)) ?? literals(schema.enum);
  if ('const' in schema) return literals([schema.const]);
  if (schema.allOf) return unique(schema.allOf.map(inner)).join(' & ');
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) return unique(alternatives.map(inner)).join(' | ');
  if (typeof schema.type === 'object') return unique(schema.type.map((type) => inner({ ...schema, type }))).join(' | ');
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type;
    case 'number':
    case 'integer':
      return 'number';
    case 'array':
      return printArray(schema, printing, depth);
    case 'object':
      return printObject(schema, printing, depth);
    case undefined:
      return 'unknown';
    default:
      throw new Error(`no TypeScript for ${JSON.stringify(schema).slice(0, 200)}`);
  }
}

/** A description with the default and the bounds, as a JSDoc comment; nothing when there is nothing to say. */
export function printDoc({ description, default: preset, minimum, maximum }: Schema, indent = ''): string {
  const bounded = minimum !== undefined && maximum !== undefined && Number.MAX_SAFE_INTEGER > maximum;
  const said = [
    description && `${description}.`.replace(/([.…]+)\.$/, '$1'),
    bounded && `${minimum} to ${maximum}.`,
    preset !== undefined && `Default: \`${JSON.stringify(preset)}\`.`,
  ].filter((part) => part);
  return said.length > 0 ? `${indent}/** ${said.join(' ').replaceAll('*/', '*\\/')} */\n` : '';
}

function printArray({ items, prefixItems }: Schema, printing: Printing, depth: number): string {
  const readonly = printing.io === 'input' ? 'readonly ' : '';
  if (prefixItems) return `${readonly}[${prefixItems.map((item) => printType(item, printing, depth)).join(', ')}]`;
  const item = printType(items ?? {}, printing, depth);
  return `${readonly}${/[|&]|^readonly /.test(outsideBraces(item)) ? `(${item})` : item}[]`;
}

function printObject(schema: Schema, printing: Printing, depth: number): string {
  const { properties = {}, required = [], additionalProperties } = schema;
  const names = Object.keys(properties);
  if (names.length === 0)
    return typeof additionalProperties === 'object'
      ? `Record<string, ${printType(additionalProperties, printing, depth)}>`
      : 'Record<string, never>';
  const indent = '  '.repeat(depth + 1);
  const members = Object.entries(properties).map(([name, property]) => {
    const optional = !required.includes(name);
    const type = printType(property, printing, depth + 1);
    const key = /^[a-z_$][\w$]*$/i.test(name) ? name : JSON.stringify(name);
    const orUndefined = optional && printing.io === 'input' ? ' | undefined' : '';
    return `${printDoc(property, indent)}${indent}${key}${optional ? '?' : ''}: ${type}${orUndefined};`;
  });
  return `{\n${members.join('\n')}\n${'  '.repeat(depth)}}`;
}

const literals = (values: readonly unknown[]): string =>
  values
    .map((value) => (typeof value === 'string' ? `'${value.replace(/['\\]/g, '\\$&')}'` : String(value)))
    .join(' | ');
const unique = (types: readonly string[]): readonly string[] => [...new Set(types)];
const outsideBraces = (type: string): string => type.replace(/\{.*\}/s, '');
