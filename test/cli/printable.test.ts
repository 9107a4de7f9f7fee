/** What others have named is shown so that it changes no terminal. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clusterText } from '../../src/cli/ft-cluster-text.ts';
import { printable } from '../../src/host/printable.ts';
import { folder, lockstep } from './cli.ts';

test('what would change the terminal or its line is written as its code, and the rest as it is', () => {
  const text = 'Ä b\u{1f600}\\ \x1b[2J\r\n\x00\x7f\x9b\u202e\u2028';
  const shown = 'Ä b\u{1f600}\\ \\x1b[2J\\x0d\\x0a\\x00\\x7f\\x9b\\u{202e}\\u{2028}';
  expect(printable(text)).toBe(shown);
  expect(printable(shown)).toBe(shown);
});

test('names that other hosts have put into the registry change no terminal, and no row of the table', () => {
  const name = 'evil\x1b[2J\nHOST\u202e';
  const pair = { name, epoch: 1, state: name, primary: name, backup: name, memoryBytes: 1 };
  const ledger = { enrolled: true, draining: false, reservations: [] };
  const carries = [{ pair: name, role: 'primary', bytes: 1 }] as const;
  const text = clusterText({ hosts: [{ name, report: undefined, proven: true, ledger, carries }], pairs: [pair] });
  expect(text).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
  expect(text.split('\n')).toHaveLength(5);
});

test('neither notices nor errors of a command bring the words of others to the terminal as they are', async () => {
  const place = join(folder, 'registry');
  mkdirSync(join(place, 'leases'), { recursive: true });
  writeFileSync(join(place, 'leases', 'a\x1b[2J.lease'), 'no lease');
  const listed = await lockstep('ft', 'ls', '--registry', `dir:${place}`);
  expect(listed).toMatchObject({ status: 0, stderr: expect.stringContaining('a\\x1b[2J.lease is no record') });
  const lost = await lockstep('ft', 'ls', '--registry', 'dir:/absent\x1b[2J');
  expect(lost).toMatchObject({ status: 2, stderr: expect.stringContaining('/absent\\x1b[2J cannot be used') });
});
