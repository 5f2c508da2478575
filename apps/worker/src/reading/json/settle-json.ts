import { setImmediate as giveWay } from 'node:timers/promises';
import { ByteWindow } from '../input/byte-window.ts';
import { ReadError } from '../read-error.ts';
import type { ReadingContext, TextFile } from '../reading-plan.ts';
import { shorten } from '../typing/bounded-text.ts';
import { formatPointer, parsePointer } from './json-pointer.ts';
import type { JsonPlace } from './json-records.ts';
import { JsonWalker } from './json-walker.ts';
import { type JsonForm, jsonAdvice } from './looks-like-json.ts';

export interface SettledJson {
  readonly place: JsonPlace;
  readonly notes: readonly string[];
}

/** How many keys may lead to the array of objects that is looked for: `{"response":{"data":{"items":[…]}}}`. */
const maxDepth = 4;
const maxArrays = 1000;
const listed = 20;

/**
 * Where the records are: as the user says, by the form of the text, or, in one object, in the only array of objects near its
 * top. Throws ReadError: `choice_needed` if there are several, `not_a_table` if there is none.
 */
export async function settleJson(
  text: TextFile,
  form: JsonForm,
  told: string | undefined,
  context: ReadingContext,
): Promise<SettledJson> {
  if (told !== undefined) return { place: { format: 'json', path: parsePointer(told) }, notes: [] };
  if (form === 'jsonl') return { place: { format: 'jsonl' }, notes: [] };
  if (form === 'json') return { place: { format: 'json', path: [] }, notes: [] };
  const survey = new Survey(text, form, context);
  const arrays = await survey.run();
  if (arrays === 'lines') return { place: { format: 'jsonl' }, notes: [] };
  const [only, ...others] = arrays;
  if (!only) throw new ReadError('not_a_table', `This is one JSON object, not a table. ${jsonAdvice}`);
  if (others.length > 0) throw severalArrays(arrays);
  const besides = survey.besides(only.path);
  return {
    place: { format: 'json', path: only.path },
    notes: [
      `The rows are the array at ${formatPointer(only.path)} of the JSON file, the only one of objects near its top.`,
      ...(besides.length > 0 ? [`What else the file holds was not read: ${list(besides)}.`] : []),
    ],
  };
}

interface FoundArray {
  readonly path: readonly string[];
  objects: number;
}

/** Goes through the whole file once, and keeps the places of its arrays of objects. */
class Survey {
  readonly #arrays: FoundArray[] = [];
  readonly #members = new Map<string, readonly string[]>();
  readonly #text: TextFile;
  readonly #form: JsonForm;
  readonly #context: ReadingContext;

  constructor(text: TextFile, form: JsonForm, context: ReadingContext) {
    this.#text = text;
    this.#form = form;
    this.#context = context;
  }

  /** 'lines': the first value is not the only one, and each stands on a line of its own. */
  async run(): Promise<readonly FoundArray[] | 'lines'> {
    const { size, file, bomBytes } = this.#text;
    const window = new ByteWindow(file, bomBytes);
    const walker = new JsonWalker(window, {
      maxRecordBytes: this.#context.limits.recordBytes,
      areRecords: (depth, path, holdsObjects) => {
        if (!holdsObjects || depth > maxDepth) return false;
        this.#arrays.push({ path: path(), objects: 0 });
        if (this.#arrays.length > maxArrays) throw severalArrays(this.#arrays);
        return true;
      },
      onRecord: () => {
        this.#arrays.at(-1)!.objects++;
      },
      onMember: (depth, path) => {
        if (depth > maxDepth || this.#members.size >= 1000) return;
        const found = path();
        this.#members.set(formatPointer(found), found);
      },
    });
    try {
      while (walker.readWindow()) {
        this.#context.progress('detecting', window.offset, size);
        await giveWay();
      }
    } catch (error) {
      if (!walker.isFollowed) throw error;
      if (this.#form === 'object or lines' && walker.line > 1) return 'lines';
      throw new ReadError('not_a_table', `These are JSON objects over several lines, not a table. ${jsonAdvice}`);
    }
    return this.#arrays;
  }

  /** What stands beside an array, and beside what it stands in. */
  besides(path: readonly string[]): string[] {
    const isOnTheWay = (member: readonly string[]) => member.every((token, index) => token === path[index]);
    return [...this.#members]
      .filter(([, member]) => !isOnTheWay(member) && isOnTheWay(member.slice(0, -1)))
      .map(([pointer]) => pointer);
  }
}

const list = (pointers: readonly string[]) =>
  pointers
    .slice(0, listed)
    .map((pointer) => shorten(pointer, 100))
    .join(', ') + (pointers.length > listed ? ` and ${pointers.length - listed} more` : '');

function severalArrays(arrays: readonly FoundArray[]): ReadError {
  const shown = arrays.map(({ path, objects }) => `${formatPointer(path)} (${objects})`);
  return new ReadError(
    'choice_needed',
    `The JSON file holds several arrays of objects, and the option path names one: ${list(shown)}.`,
    { paths: arrays.slice(0, listed).map(({ path }) => formatPointer(path)) },
  );
}
