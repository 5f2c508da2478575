import type { ZipArchive } from '../input/zip/zip-archive.ts';

export const contentTypes = '[Content_Types].xml';

/** Whether an archive is an Excel workbook (ECMA-376 part 2: an OPC package, with a workbook in it), by what it holds. */
export const isWorkbook = ({ files }: ZipArchive): boolean =>
  files.has(contentTypes) && [...files.keys()].some((name) => /(^|\/)workbook\.xml$/i.test(name));
