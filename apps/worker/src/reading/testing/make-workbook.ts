import type { Buffer } from 'node:buffer';
import { makeZip, type ZipMember } from './make-zip.ts';

export interface SheetXml {
  readonly name: string;
  /** Content of sheetData. */
  readonly rows: string;
  /** What stands behind it. */
  readonly after?: string;
  readonly state?: 'hidden' | 'visible';
}

const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const types = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

const relationships = (targets: readonly (readonly [type: string, target: string])[]) =>
  `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${targets
    .map(([type, target], index) => `<Relationship Id="rId${index + 1}" Type="${types}/${type}" Target="${target}"/>`)
    .join('')}</Relationships>`;

/** An Excel workbook of which every byte of XML is given; style n has the n-th format code. */
export function makeWorkbook(
  sheets: readonly SheetXml[],
  options: { strings?: string; formats?: readonly string[]; date1904?: boolean; more?: readonly ZipMember[] } = {},
): Buffer {
  const { strings = '', formats = ['General'], date1904 = false, more = [] } = options;
  const numFmts = formats.map((code, index) => `<numFmt numFmtId="${164 + index}" formatCode="${code}"/>`).join('');
  const xfs = formats.map((_, index) => `<xf numFmtId="${164 + index}"/>`).join('');
  return makeZip([
    { name: '[Content_Types].xml', content: '<Types/>' },
    { name: '_rels/.rels', content: relationships([['officeDocument', 'xl/workbook.xml']]) },
    {
      name: 'xl/workbook.xml',
      content: `<workbook xmlns="${main}" xmlns:r="${types}"><workbookPr date1904="${date1904 ? 1 : 0}"/><sheets>${sheets
        .map(
          ({ name, state = 'visible' }, index) =>
            `<sheet name="${name}" sheetId="${index + 1}" state="${state}" r:id="rId${index + 1}"/>`,
        )
        .join('')}</sheets></workbook>`,
    },
    {
      name: 'xl/_rels/workbook.xml.rels',
      content: relationships([
        ...sheets.map((_, index) => ['worksheet', `worksheets/sheet${index + 1}.xml`] as const),
        ['sharedStrings', '/xl/sharedStrings.xml'],
        ['styles', 'styles.xml'],
      ]),
    },
    ...sheets.map(({ rows, after = '' }, index) => ({
      name: `xl/worksheets/sheet${index + 1}.xml`,
      content: `<worksheet xmlns="${main}"><sheetData>${rows}</sheetData>${after}</worksheet>`,
    })),
    { name: 'xl/sharedStrings.xml', content: `<sst xmlns="${main}">${strings}</sst>` },
    {
      name: 'xl/styles.xml',
      content: `<styleSheet xmlns="${main}"><numFmts>${numFmts}</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>${xfs}</cellXfs></styleSheet>`,
    },
    ...more,
  ]);
}

/** Cells of one row, from column A: numbers as they are, texts inline, null left out. */
export const rowXml = (number: number, cells: readonly (string | number | null)[]) =>
  `<row r="${number}">${cells
    .map((cell, column) => {
      if (cell === null) return '';
      const reference = `r="${String.fromCharCode(65 + column)}${number}"`;
      return typeof cell === 'number'
        ? `<c ${reference}><v>${cell}</v></c>`
        : `<c ${reference} t="inlineStr"><is><t>${cell}</t></is></c>`;
    })
    .join('')}</row>`;
