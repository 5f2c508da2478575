/** What a capture keeps of an answer's headers: nothing that is about who asked. */
const kept = new Set([
  'age',
  'cache-control',
  'content-language',
  'content-type',
  'date',
  'etag',
  'expires',
  'last-modified',
  'link',
  'location',
  'retry-after',
  'x-robots-tag',
]);
const longest = 2000;

/** Those that are kept, by their names in lower case. */
export function keptHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name, value]) => kept.has(name) && value.length <= longest));
}
