/** What an operation does to its thing: CREATE, READ, UPDATE, DELETE, EXPORT, or its own name: LOG_IN, RESTORE. */
export function verbOf(action: {
  readonly name: string;
  readonly kind: 'query' | 'mutation';
  /** None of what operators alone do, at the command line. */
  readonly rest?: { readonly method: string };
}): string {
  const word = action.name.slice(action.name.lastIndexOf('.') + 1);
  if (action.kind === 'query') return 'READ';
  // a mutation only because it leaves an event: it opens a stream of what is there
  const method = action.rest?.method ?? '';
  if (method === 'GET') return 'EXPORT';
  if (/^log(In|Out)/.test(word)) return ownName(word);
  if (method === 'DELETE' || /^(delete|remove|revoke)/.test(word)) return 'DELETE';
  if (/^(create|insert|begin|register|invite)/.test(word)) return 'CREATE';
  if (/^(update|change|rename|set)/.test(word) || /^(PATCH|PUT)$/.test(method)) return 'UPDATE';
  return ownName(word);
}

const ownName = (word: string): string => word.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
