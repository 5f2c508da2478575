import superjson from 'superjson';

/**
 * superjson on the wire, without its walk over answers that JSON says exactly already: for a page of rows that walk
 * costs more than all the rest of the encoding.
 */
export const transformer = {
  input: superjson,
  output: {
    serialize: (value: unknown): object => (isPlain(value) ? { json: value } : superjson.serialize(value)),
    deserialize: superjson.deserialize,
  },
};

/** Whether JSON keeps the value as it is: no dates, no undefined, no number that JSON lacks. */
function isPlain(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0);
    case 'object':
      if (value === null) return true;
      if (Array.isArray(value)) return value.every(isPlain);
      return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isPlain);
    default:
      return false;
  }
}
