/** Why the organization's plan has no room for a capture; undefined for any other error. */
export function noRoom(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && error.code === 'GR429' ? error.message : undefined;
}
