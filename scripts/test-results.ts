import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './run.ts';

export interface Results {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What failed, one text each: where, which, and what was said. */
  readonly failures: readonly string[];
}

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly FileReport[];
}

interface FileReport {
  readonly name: string;
  readonly status: string;
  readonly message?: string;
  readonly assertionResults: readonly {
    readonly status: string;
    readonly fullName: string;
    readonly failureMessages?: readonly string[] | null;
  }[];
}

/** What each package's vitest wrote; a test file that broke outside of its tests counts as a failed test. */
export function readResults(): Results {
  const total = { passed: 0, failed: 0, skipped: 0 };
  const failures: string[] = [];
  for (const file of globSync('*/*/test-results.json', { cwd: root })) {
    const report: Report = JSON.parse(readFileSync(path.join(root, file), 'utf8'));
    // could not be loaded, or failed before or behind its tests, which then count as skipped
    const broken = report.testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && !assertionResults.some(({ status: each }) => each === 'failed'),
    );
    total.passed += report.numPassedTests;
    total.failed += report.numFailedTests + broken.length;
    total.skipped += report.numPendingTests + report.numTodoTests;
    for (const { name, message } of broken) failures.push(`${path.relative(root, name)}\n${message ?? ''}`);
    failures.push(...report.testResults.flatMap(failedTests));
  }
  return { ...total, failures };
}

function failedTests({ name, assertionResults }: FileReport): string[] {
  return assertionResults
    .filter(({ status }) => status === 'failed')
    .map(
      ({ fullName, failureMessages }) =>
        `${path.relative(root, name)}: ${fullName}\n${(failureMessages ?? []).join('\n')}`,
    );
}
