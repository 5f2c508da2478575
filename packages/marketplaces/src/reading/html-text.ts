import { readHtml } from './html.ts';

/**
 * Of a text with markup or entities, as some sources give names and descriptions: what a reader sees, with line breaks
 * where blocks end.
 */
export function htmlText(html: string): string {
  if (!/[<&]/.test(html)) return html;
  return readHtml(html).text;
}
