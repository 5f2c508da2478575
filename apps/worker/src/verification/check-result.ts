import { conformResult, emptyCells } from '../sql-edge/conform-result.ts';
import { SqlEdgeError } from '../sql-edge/sql-edge-error.ts';
import type { SqlSandbox } from '../sql-edge/sql-sandbox.ts';
import type { WantedVerification } from './find-verification.ts';
import type { Findings } from './findings.ts';

const shownRows = 20;
/** An assertion that finds more is not read further. */
const mostFound = 1_000_000;

/** Runs SQL in a sandbox that has what it reads, and everything that is expected of its result. */
export async function checkResult(
  sandbox: SqlSandbox,
  sql: string,
  { output, expectations }: WantedVerification,
  findings: Findings,
): Promise<void> {
  const begun = performance.now();
  const selected = await sandbox.select({ sql, into: output.name, sample: shownRows });
  const seconds = ((performance.now() - begun) / 1000).toFixed(2);
  findings.pass('run', `${selected.rows} rows in ${seconds} s`);
  findings.show(
    selected.columns.map(({ name }) => name),
    selected.sample,
  );
  const conformed = conformResult(selected, output);
  const wrong = [...conformed.misfits];
  if (expectations.schema) wrong.push(...conformed.beside.map((name) => `the port has no column ${name}`));
  if (wrong.length > 0) findings.fail('port', wrong.join('; '));
  else findings.pass('port', `the columns are those of ${output.name}`);
  const empty = emptyCells(output.name, conformed, output);
  if (empty) {
    const { rows } = await sandbox.select({ sql: empty, into: 'rows without a value' });
    if (rows > 0) findings.fail('values', `${rows} rows have no value where the port says that they have one`);
    else findings.pass('values', 'every column has a value where it has to');
  }
  for (const { output: name, min, max } of expectations.rows) {
    const range = `${min ?? 0} to ${max ?? 'any number of'} rows are expected of ${name}`;
    const fits =
      name === output.name && selected.rows >= (min ?? 0) && selected.rows <= (max ?? Number.POSITIVE_INFINITY);
    if (fits) findings.pass('rows', range);
    else
      findings.fail(
        'rows',
        name === output.name ? `${range}, and ${selected.rows} came` : `there is no output ${name}`,
      );
  }
  for (const [index, assertion] of expectations.assertions.entries())
    await checkAssertion(sandbox, assertion, `assertion ${index + 1}`, findings);
}

/** SQL that must find nothing. That it cannot be run fails it, and lets the others be heard. */
async function checkAssertion(
  sandbox: SqlSandbox,
  { name, sql }: { readonly name: string; readonly sql: string },
  into: string,
  findings: Findings,
): Promise<void> {
  const check = `assertion ${name}`;
  try {
    const { rows, sample } = await sandbox.select({ sql, into, maxRows: mostFound, sample: 3 });
    if (rows === 0) findings.pass(check, 'no rows');
    else findings.fail(check, `${rows} rows, as ${JSON.stringify(sample)}`);
  } catch (error) {
    if (!(error instanceof SqlEdgeError) || error.kind === 'crashed') throw error;
    findings.fail(check, error.message);
  }
}
