/**
 * What DuckDB said, without what it showed: its messages quote paths and the row that it stumbled over, which belong in no
 * log.
 */
export function describeDuckError(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const [firstLine = ''] = text.split('\n');
  return firstLine.replace(/"[^"]*("|$)|'[^']*('|$)/g, '…').slice(0, 200);
}
