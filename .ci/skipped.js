/** Prints the files of a vitest JSON report in which a test was skipped, one a line. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const SKIPPED = new Set(['pending', 'skipped']);

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
for (const file of report.testResults) {
  if (file.assertionResults.some((test) => SKIPPED.has(test.status))) console.log(relative(process.cwd(), file.name));
}
