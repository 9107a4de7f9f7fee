/**
 * `npm run bench:clone`: how long a guest stands still when a backup is made of it while it runs, by its memory and by
 * how fast it writes to it. One thread does what a survivor's guest thread does: a slice of the guest, then a little of
 * the copy. With `--clients` the guest is a process, its backups are others, and a client says how long it waited.
 * README.md, "Clones". Figures are printed, never judged.
 */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildCopied } from './build.ts';
import { type Cloned, ClonedPair } from './clone/cloned-pair.ts';
import { CopiedGuest, type CopiedOnce } from './clone/copied-guest.ts';
import { startNetwork } from './pair/network.ts';
import { quantileOf } from './pair/report.ts';
import { figure, formatTable } from './table.ts';

const { values } = parseArgs({
  options: {
    clones: { type: 'string', default: '20' },
    memory: { type: 'string', default: '64,256,1024' },
    rates: { type: 'string', default: '1,10,100' },
    clients: { type: 'boolean', default: false },
  },
});
const numbers = (text: string): number[] => text.split(',').map(Number);
const PAGE_MB = 0.004096;

type Row = readonly string[];

/** `of`: a quantile over all clones of what is picked. */
type Of<T> = (pick: (one: T) => number, part: number) => string;

const ofAll =
  <T>(done: readonly T[]): Of<T> =>
  (pick, part) =>
    figure(quantileOf(done.map(pick), part));

const HEAD = ['pause ms p50', 'p99', 'processor mean', 'rounds', 'MiB sent', 'copying ms', 'least share %'];

function rowOf(done: readonly CopiedOnce[]): Row {
  const of = ofAll(done);
  return [
    ...[0.5, 0.99].map((part) => of(({ pausedMs }) => pausedMs, part)),
    figure(done.reduce((sum, { pauseCpuMs }) => sum + pauseCpuMs, 0) / done.length),
    of(({ rounds }) => rounds, 0.5),
    of(({ bytes }) => bytes / 2 ** 20, 0.5),
    of(({ copyingMs }) => copyingMs, 0.5),
    of(({ leastShare }) => 100 * leastShare, 0),
  ];
}

const CLIENT_HEAD = [
  'pause ms p50',
  'p99',
  'longest answer ms p50',
  'p99',
  'without a clone p50',
  'p99',
  'lost',
  'rounds',
  'took ms',
];

function clientRowOf(done: readonly Cloned[]): Row {
  const of = ofAll(done);
  const both = (pick: (one: Cloned) => number): string[] => [of(pick, 0.5), of(pick, 0.99)];
  return [
    ...both(({ pausedMs }) => pausedMs),
    ...both(({ longestMs }) => longestMs),
    ...both(({ beforeMs }) => beforeMs),
    `${done.reduce((sum, { lost }) => sum + lost, 0)}`,
    of(({ rounds }) => rounds, 0.5),
    of(({ tookMs }) => tookMs, 0.5),
  ];
}

const clones = Number(values.clones);
const top = mkdtempSync(join(tmpdir(), 'lockstep-bench-clone-'));
if (values.clients) for (const name of ['XDG_STATE_HOME', 'XDG_RUNTIME_DIR']) process.env[name] = top;

async function seenByClients(mebibytes: number, pagesPerMs: number): Promise<Row> {
  const folder = join(top, `${mebibytes}-${pagesPerMs}`);
  mkdirSync(folder);
  const network = await startNetwork(folder, process.env);
  try {
    const pair = await ClonedPair.start({ kernel: buildCopied(), mebibytes, pagesPerMs }, network, folder, process.env);
    try {
      const done: Cloned[] = [];
      while (done.length < clones) done.push(await pair.clone());
      return clientRowOf(done);
    } finally {
      await pair.stop();
    }
  } finally {
    await network.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const rows: string[][] = [];
try {
  for (const mebibytes of numbers(values.memory)) {
    const guest = values.clients ? undefined : new CopiedGuest(mebibytes);
    for (const pagesPerMs of numbers(values.rates)) {
      const row =
        guest === undefined
          ? await seenByClients(mebibytes, pagesPerMs)
          : rowOf(Array.from({ length: clones }, () => guest.copy(pagesPerMs)));
      rows.push([`${mebibytes} MiB, ${(pagesPerMs * 1000 * PAGE_MB).toFixed(0)} MB/s`, ...row]);
      process.stderr.write(`bench: ${rows.at(-1)?.join('  ')}\n`);
    }
  }
} finally {
  rmSync(top, { recursive: true, force: true });
}
const head = ['guest, written to', ...(values.clients ? CLIENT_HEAD : HEAD)];
process.stdout.write(`${formatTable({ title: `Clones, ${values.clones} of each`, head, rows })}\n`);
