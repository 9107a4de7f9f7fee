/** Prints a line for each failed test of a vitest JSON report: its file, its name and how its first message begins. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const MESSAGE_LENGTH = 600;

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
for (const file of report.testResults) {
  const failed = file.assertionResults.filter((test) => test.status === 'failed');
  const name = relative(process.cwd(), file.name);
  if (file.status === 'failed' && failed.length === 0) tell(name, file.message);
  for (const test of failed) tell(`${name}: ${test.fullName}`, test.failureMessages[0]);
}

function tell(what, message) {
  console.log(`${what}: ${(message ?? 'no message').replace(/\s+/g, ' ').slice(0, MESSAGE_LENGTH)}`);
}
