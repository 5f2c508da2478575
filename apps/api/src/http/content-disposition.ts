/**
 * `attachment` with a file name (RFC 6266): plain ASCII for old readers, and all of it percent-encoded as UTF-8
 * (RFC 8187). Path separators and control characters are no part of a name.
 */
export function attachment(fileName: string): string {
  const name = [...fileName.replaceAll(/[\\/\p{Cc}]/gu, '_')].slice(0, 200).join('').toWellFormed();
  const plain = name.replaceAll(/[^\x20-\x7e]|["%]/g, '_');
  const encoded = encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
