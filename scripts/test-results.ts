import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './run.ts';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

/** The counts that each package's vitest wrote; a test file that could not even be loaded counts as a failed test. */
export function readCounts(): Counts {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const file of globSync('*/*/test-results.json', { cwd: root })) {
    const report: Report = JSON.parse(readFileSync(path.join(root, file), 'utf8'));
    total.passed += report.numPassedTests;
    total.failed += report.numFailedTests;
    total.failed += report.testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
    ).length;
    total.skipped += report.numPendingTests + report.numTodoTests;
  }
  return total;
}
