/** What stands in SQL and is no name: comments, texts, dollar-quoted texts, in DuckDB's and PostgreSQL's spelling. */
const token =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*(?:'|$)|\$(\w*)\$[\s\S]*?(?:\$\1\$|$)|"((?:[^"]|"")*)(?:"|$)|([\p{L}_][\p{L}\p{N}_$]*)/gu;

/**
 * The names that SQL has in it, in small letters, as identifiers are compared. Among them are those of the tables that it reads, and of
 * much else: it says which inputs a text can read at all.
 */
export function namesInSql(sql: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [, , quoted, plain] of sql.matchAll(token)) {
    const name = plain ?? quoted?.replaceAll('""', '"');
    if (name) names.add(name.toLowerCase());
  }
  return names;
}
