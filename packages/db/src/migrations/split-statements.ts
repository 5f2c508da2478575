/**
 * Splits a migration at its top-level semicolons, for the history table only: what runs is the whole
 * file. One alternative per thing in which a semicolon does not end a statement.
 */
const token = new RegExp(
  [
    /--[^\n]*/, // line comment
    /\/\*[\s\S]*?\*\//, // block comment
    /[eE]'(?:[^'\\]|\\[\s\S]|'')*'/, // escape string
    /'(?:[^']|'')*'/, // string
    /"(?:[^"]|"")*"/, // quoted identifier
    /(\$(?:[A-Za-z_]\w*)?\$)[\s\S]*?\1/, // dollar-quoted body
    /\bbegin\s+atomic\b[\s\S]*?\bend\s*(?=;)/i, // SQL-standard function body
    /;/,
  ]
    .map((part) => part.source)
    .join('|'),
  'gi',
);

export function splitStatements(sql: string): string[] {
  const statements: string[] = [];
  let start = 0;
  for (const match of sql.matchAll(token)) {
    if (match[0] !== ';') continue;
    statements.push(sql.slice(start, match.index).trim());
    start = match.index + 1;
  }
  statements.push(sql.slice(start).trim());
  return statements.filter((statement) => statement !== '');
}
