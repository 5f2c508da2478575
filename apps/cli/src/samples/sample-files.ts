import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { countParquetRows } from './parquet-rows.ts';
import { parseCsv } from './parse-csv.ts';

export interface SampleFile {
  /** Of the dataset. */
  readonly name: string;
  readonly fileName: string;
  readonly path: string;
  readonly description: string;
  readonly origin: string;
  /** What must be in the table, found out without anything that loads it. */
  expect(): Promise<Expectation>;
}

export interface Expectation {
  readonly rows: number;
  /** Every value of one column of text, by its name in the file. */
  readonly text?: { readonly column: string; readonly values: readonly (string | null)[] };
}

// its exports name no file of data/, so from what they do name
const folder = new URL('../data/', import.meta.resolve('vega-datasets'));
const pathOf = (fileName: string) => fileURLToPath(new URL(fileName, folder));

async function expectCsv(path: string, column: string): Promise<Expectation> {
  const [header = [], ...records] = parseCsv(await readFile(path, 'utf8'));
  const index = header.indexOf(column);
  return { rows: records.length, text: { column, values: records.map((record) => record[index] || null) } };
}

async function expectJson(path: string, column: string): Promise<Expectation> {
  const entries = z.array(z.record(z.string(), z.unknown())).parse(JSON.parse(await readFile(path, 'utf8')));
  const text = (value: unknown) => (value === null || value === undefined ? null : String(value));
  return { rows: entries.length, text: { column, values: entries.map((entry) => text(entry[column])) } };
}

const zipcodes = pathOf('zipcodes.csv');
const birdstrikes = pathOf('birdstrikes.csv');
const movies = pathOf('movies.json');
const flights = pathOf('flights-3m.parquet');

/** Real files that the npm package vega-datasets ships, in the order in which they are loaded. */
export const sampleFiles = [
  {
    name: 'zipcodes',
    fileName: 'zipcodes.csv',
    path: zipcodes,
    description: 'ZIP codes of the United States with their places; many begin with a zero',
    origin: 'GeoNames postal codes, by way of vega-datasets (CC BY 4.0)',
    expect: () => expectCsv(zipcodes, 'zip_code'),
  },
  {
    name: 'birdstrikes',
    fileName: 'birdstrikes.csv',
    path: birdstrikes,
    description: 'Collisions of aircraft with wildlife, as reported by hand',
    origin: 'FAA Wildlife Strike Database, by way of vega-datasets',
    expect: () => expectCsv(birdstrikes, 'Airport Name'),
  },
  {
    name: 'movies',
    fileName: 'movies.json',
    path: movies,
    description: 'Films with gross, budget and ratings; known for its errors',
    origin: 'vega-datasets, collected for teaching',
    expect: () => expectJson(movies, 'Title'),
  },
  {
    name: 'flights',
    fileName: 'flights-3m.parquet',
    path: flights,
    description: 'Three million flights within the United States with their delays',
    origin: 'U.S. Bureau of Transportation Statistics, by way of vega-datasets',
    expect: async (): Promise<Expectation> => ({ rows: await countParquetRows(flights) }),
  },
] as const satisfies readonly SampleFile[];
