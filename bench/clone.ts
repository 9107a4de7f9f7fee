/**
 * `npm run bench:clone`: how long a guest stands still when a backup is made of it while it runs, by its memory and by
 * how fast it writes to it. One thread does what a survivor's guest thread does: a slice of the guest, then a little of
 * the copy. README.md, "Clones". Figures are printed, never judged.
 */

import { parseArgs } from 'node:util';
import { CopiedGuest } from './clone/copied-guest.ts';
import { quantileOf } from './pair/report.ts';
import { figure, formatTable } from './table.ts';

const { values } = parseArgs({
  options: {
    clones: { type: 'string', default: '20' },
    memory: { type: 'string', default: '64,256,1024' },
    rates: { type: 'string', default: '1,10,100' },
  },
});
const numbers = (text: string): number[] => text.split(',').map(Number);
const rows: string[][] = [];
for (const mebibytes of numbers(values.memory)) {
  const guest = new CopiedGuest(mebibytes);
  for (const pagesPerMs of numbers(values.rates)) {
    const done = Array.from({ length: Number(values.clones) }, () => guest.copy(pagesPerMs));
    const of = (pick: (copied: (typeof done)[number]) => number, part: number): string =>
      figure(quantileOf(done.map(pick), part));
    rows.push([
      `${mebibytes} MiB, ${(pagesPerMs * 4.096).toFixed(0)} MB/s`,
      ...[0.5, 0.99].map((part) => of(({ pausedMs }) => pausedMs, part)),
      figure(done.reduce((sum, { pauseCpuMs }) => sum + pauseCpuMs, 0) / done.length),
      of(({ rounds }) => rounds, 0.5),
      of(({ bytes }) => bytes / 2 ** 20, 0.5),
      of(({ copyingMs }) => copyingMs, 0.5),
      of(({ leastShare }) => 100 * leastShare, 0),
    ]);
    process.stderr.write(`bench: ${rows.at(-1)?.join('  ')}\n`);
  }
}
const head = [
  'guest, written to',
  'pause ms p50',
  'p99',
  'processor mean',
  'rounds',
  'MiB sent',
  'copying ms',
  'least share %',
];
process.stdout.write(`${formatTable({ title: `Clones, ${values.clones} of each`, head, rows })}\n`);
