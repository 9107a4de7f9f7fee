/**
 * Prints "PASSED FAILED SKIPPED" of a vitest JSON report. A file that failed outside its tests (an import error, say)
 * counts as one failure. Exits 1 when there is no report, or it has no test at all.
 */
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const broken = report.testResults.filter(
  (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
);
const skipped = report.numPendingTests + (report.numTodoTests ?? 0);
console.log(report.numPassedTests, report.numFailedTests + broken.length, skipped);
process.exitCode = report.numTotalTests > 0 ? 0 : 1;
