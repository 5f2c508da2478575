import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openFile } from './testing/open-file.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const corpus = process.env.GRANARY_CORPUS ?? path.resolve(root, '../shared/data');

/** Rows of the body, of them in quarantine, columns, encoding where it is not UTF-8: read off each file. */
type Shape = readonly [rows: number, quarantined: number, columns: number, encoding?: string];

const shapes: Readonly<Record<string, Shape>> = {
  'csv-health/adult.data': [32561, 0, 15],
  'csv-health/birthwt.csv': [189, 0, 11],
  'csv-health/dune-community-matrix.csv': [20, 0, 31],
  'csv-health/early-diabetes.csv': [520, 0, 18],
  'csv-health/flchain.csv': [7874, 0, 12],
  'csv-health/heart-failure-prediction.csv': [918, 0, 11],
  'csv-health/microbiome-otu-table.csv': [68, 0, 4319],
  'csv-health/microbiome-sample-metadata.csv': [68, 0, 16],
  'csv-health/nci60-gene-expression.csv': [64, 0, 6832],
  'csv-health/pbc.csv': [418, 0, 21],
  'csv-health/pima-tr2.csv': [300, 0, 9],
  'csv-health/processed.cleveland.data': [303, 0, 14],
  'csv-health/stroke.csv': [5110, 0, 12],
  'csv-messy/csvkit-FY09_EDU_Recipients_by_State.csv': [53, 0, 10],
  'csv-messy/csvkit-bad.csv': [3, 2, 3],
  'csv-messy/csvkit-dummy_col_shuffled_ragged.csv': [1, 0, 4],
  'csv-messy/csvkit-ks_1033_data.csv': [1575, 0, 14],
  'csv-messy/csvkit-mac_newlines.csv': [2, 0, 3],
  'csv-messy/csvkit-null_byte.csv': [1, 1, 3],
  'csv-messy/csvkit-optional_quote_characters.csv': [1, 0, 3],
  'csv-messy/csvkit-test_empty_columns_long_row.csv': [1, 1, 3],
  'csv-messy/csvkit-test_empty_columns_short_row.csv': [1, 1, 3],
  'csv-messy/csvkit-test_header_newline.csv': [1, 0, 3],
  'csv-messy/csvkit-test_latin1.csv': [2, 0, 3, 'windows-1252'],
  'csv-messy/csvkit-test_locale.csv': [1, 0, 3],
  'csv-messy/csvkit-test_utf16_big.csv': [2, 0, 3, 'utf-16be'],
  'csv-messy/csvkit-test_utf8_bom.csv': [2, 0, 3],
  // three lines of titles above the header, one of them with a number in it
  'csv-messy/messytables-begrotingsanalyse-2011.csv': [40, 1, 20],
  'csv-messy/messytables-characters.csv': [382, 0, 18, 'big5'],
  'csv-messy/messytables-complex.csv': [3, 0, 4],
  'csv-messy/messytables-example.tsv': [140, 0, 17],
  'csv-messy/messytables-excel_pasting.csv': [17, 0, 9],
  'csv-messy/messytables-long.csv': [4000, 0, 1],
  'csv-messy/messytables-mixedGLB.csv': [133, 0, 19],
  'csv-messy/messytables-null.csv': [10, 0, 4],
  'csv-messy/messytables-skip_initials.csv': [2, 0, 2],
  'csv-messy/messytables-spanish_chars.csv': [116, 0, 8, 'windows-1252'],
  'csv-messy/messytables-sparse_with_column_errors.csv': [2237, 0, 4, 'windows-1252'],
  'csv-messy/messytables-utf-16le_encoded.csv': [327, 0, 19, 'utf-16le'],
  'csv-messy/messytables-utf8bom.csv': [0, 0, 2],
  // three lines of two fields above the table, 16 lines of footnotes below it
  'csv-messy/messytables-weird_head_padding.csv': [79, 19, 11],
  'csv-messy/student-mat-bom.csv': [395, 0, 33],
  'csv-messy/tabulator-accent.csv': [2, 0, 17],
  'csv-messy/tabulator-bom.csv': [2, 0, 2],
  'csv-messy/tabulator-doublequote.csv': [5, 0, 17],
  'csv-messy/tabulator-escaping.csv': [3, 0, 2],
  'csv-messy/tabulator-latin1.csv': [2, 0, 2, 'windows-1252'],
  'csv-messy/tabulator-long.csv': [6, 0, 2],
  // a comment between header and rows, which nothing above the header announces
  'csv-messy/tabulator-skip-blank-at-the-end.csv': [2, 1, 2],
  'csv-messy/tabulator-skip-rows.csv': [2, 0, 2],
};

/** `<column> <type> <spelling> <count>` of what is spelled where nothing is meant; text keeps it. Counted with awk. */
const spellings: Readonly<Record<string, readonly string[]>> = {
  'csv-health/adult.data': ['column_2 text ? 1836', 'column_7 text ? 1843', 'column_14 text ? 583'],
  'csv-health/processed.cleveland.data': ['ca double precision ? 4', 'thal double precision ? 2'],
  'csv-health/microbiome-sample-metadata.csv': [
    'bmi_1 double precision NA 3',
    'bmi2 double precision NA 2',
    'bmi5 double precision NA 3',
  ],
  'csv-messy/messytables-null.csv': ['column_2 bigint null 5', 'column_4 bigint null 4'],
};

const folders = ['csv-health', 'csv-messy'].filter((folder) => existsSync(path.join(corpus, folder)));
const files = folders.flatMap((folder) => readdirSync(path.join(corpus, folder)).map((name) => `${folder}/${name}`));
if (files.length === 0)
  console.warn(`no corpus of real files at ${corpus}: its tests are skipped (GRANARY_CORPUS names another place)`);

/** As many columns as a chunk table holds at most. */
const chunk = 1000;

describe.skipIf(files.length === 0)('every real file of the corpus', () => {
  test.each(files)('%s is read with all of its rows', async (name) => {
    await using file = await openFile(path.basename(name), readFileSync(path.join(corpus, name)));
    const { inputRows, cleanRows, quarantinedRows, columns, encoding } = file.reader.inspection;
    expect(inputRows).toBe(cleanRows + quarantinedRows);
    expect(await file.quarantined()).toHaveLength(quarantinedRows);
    for (let from = 0; from < columns.length; from += chunk) {
      const { stream, done } = file.reader.copyCsv(columns.slice(from, from + chunk).map((column) => column.name));
      stream.resume();
      expect(await done).toEqual({ rows: cleanRows });
    }
    const expected = shapes[name];
    if (expected)
      expect([inputRows, quarantinedRows, columns.length, encoding]).toEqual([
        ...expected.slice(0, 3),
        expected[3] ?? 'utf-8',
      ]);
    const found = columns.flatMap((column) =>
      column.evidence.nullSpellings.map(({ value, count }) => `${column.name} ${column.type} ${value} ${count}`),
    );
    if (spellings[name]) expect(found).toEqual(spellings[name]);
    if (!expected) console.warn(`${name}: no expected shape is written down`);
  });
});
