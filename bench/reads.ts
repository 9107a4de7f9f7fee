/**
 * `npm run bench:reads`: what a guest that reads much of its disk costs a pair, with what was read in the log and with
 * `--disk-reads backup`. README.md, section "Disk reads". Figures are printed, never judged: the status is 1 only when
 * a run failed.
 */

import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BenchError } from './bench-error.ts';
import { Gauge, type Gauged } from './pair/gauge.ts';
import { Machine, READ_MODES } from './pair/machine.ts';
import { median } from './stats.ts';
import { figure, formatTable, type Table } from './table.ts';

const KERNEL = fileURLToPath(new URL('../samples/prebuilt/scribble.elf', import.meta.url));
const DRIVE_BYTES = 32 << 20;
/** Both sides are on this machine, which may be busy: a guest that went over to its backup does not count. */
const DETECT_MS = 30_000;

type Mode = (typeof READ_MODES)[number];

/** Reads are of blocks of 4 KiB; what was written to them does not compress. */
const WORKS = {
  /** As a database that looks up much and changes little: at random, sixteen reads to a write. */
  random: { rounds: 100, words: 'slots=1024 writes=4 reads=64 sync=0 flush=8' },
  /** As who goes through all that there is again and again. */
  scan: { rounds: 20, words: 'slots=512 writes=32 reads=0 sync=1 flush=8' },
} as const;
type WorkName = keyof typeof WORKS;

interface Sample {
  readonly work: WorkName;
  readonly mode: Mode;
  readonly gauged: Gauged;
}

const say = (text: string): void => void process.stderr.write(`bench: ${text}\n`);

async function measure(work: WorkName, mode: Mode, folder: string): Promise<Gauged> {
  const { rounds, words } = WORKS[work];
  mkdirSync(folder);
  const drive = join(folder, 'drive.img');
  const fd = openSync(drive, 'w');
  ftruncateSync(fd, DRIVE_BYTES);
  closeSync(fd);
  const append = `every=0 to=${rounds} ${words}`;
  const guest = ['-m', '16M', '--kernel', KERNEL, '--append', append, '--drive', `${drive},mode=write`];
  let gauge: Gauge | undefined;
  let gauged: Promise<Gauged> | undefined;
  const line = (text: string): void => {
    if (/round 1$/.test(text)) gauge?.begin();
    if (new RegExp(`round ${rounds}$`).test(text)) gauged ??= gauge?.end();
  };
  const machine = await Machine.start(mode, guest, folder, process.env, line, { detectMs: DETECT_MS });
  gauge = new Gauge(machine);
  try {
    const failure = await machine.failure();
    if (failure !== undefined || gauged === undefined) throw new BenchError(`${work}, ${mode}: ${failure ?? 'no end'}`);
    return await gauged;
  } finally {
    gauge.close();
    machine.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

function tablesOf(samples: readonly Sample[]): Table[] {
  const of = (work: WorkName, mode: Mode, pick: (gauged: Gauged) => number): number =>
    median(samples.filter((one) => one.work === work && one.mode === mode).map(({ gauged }) => pick(gauged)));
  const works = Object.keys(WORKS) as WorkName[];
  const mib = ({ channelBytes }: Gauged): number => channelBytes / 2 ** 20;
  const mbits = ({ channelBytes, seconds }: Gauged): number => (channelBytes * 8) / 1e6 / seconds;
  const ways = ['ft', 'reads'] as const;
  return [
    {
      title: 'The channel: what was read in the log, and read by the backup',
      head: ['work', 'MiB log', 'MiB backup', 'backup/log', 'Mbit/s log', 'Mbit/s backup'],
      rows: works.map((work) => {
        const [log, backup] = [of(work, 'ft', mib), of(work, 'reads', mib)];
        return [work, log, backup, backup / log, of(work, 'ft', mbits), of(work, 'reads', mbits)].map(cell);
      }),
    },
    {
      title:
        'Speed that is left of run, by processor time of the primary and by wall time; processor time of the backup',
      head: [
        'work',
        ...ways.flatMap((way) => ['processor', 'wall', 'backup s'].map((what) => `${NAMES[way]} ${what}`)),
      ],
      rows: works.map((work) => [
        work,
        ...ways.flatMap((mode) =>
          [
            of(work, 'run', ({ cpuSeconds }) => cpuSeconds) / of(work, mode, ({ cpuSeconds }) => cpuSeconds),
            of(work, 'run', ({ seconds }) => seconds) / of(work, mode, ({ seconds }) => seconds),
            of(work, mode, ({ backupCpuSeconds }) => backupCpuSeconds),
          ].map(cell),
        ),
      ]),
    },
  ];
}

const NAMES = { ft: 'log', reads: 'backup' } as const;
const cell = (value: number | string): string => (typeof value === 'string' ? value : figure(value));

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' }, json: { type: 'boolean' } } });
const top = mkdtempSync(join(tmpdir(), 'lockstep-bench-reads-'));
// The pairs of this bench are seen by it alone.
for (const name of ['XDG_STATE_HOME', 'XDG_RUNTIME_DIR']) process.env[name] = top;
const samples: Sample[] = [];
try {
  for (let round = 1; round <= Number(values.rounds); round++) {
    for (const work of Object.keys(WORKS) as WorkName[]) {
      for (const mode of READ_MODES) {
        const gauged = await measure(work, mode, join(top, 'turn'));
        samples.push({ work, mode, gauged });
        say(`round ${round}, ${work}, ${mode}: ${gauged.seconds.toFixed(1)} s`);
      }
    }
  }
} catch (error) {
  if (!(error instanceof BenchError)) throw error;
  say(error.message);
  process.exitCode = 1;
} finally {
  rmSync(top, { recursive: true, force: true });
}
const text =
  values.json === true ? JSON.stringify(samples, undefined, 1) : tablesOf(samples).map(formatTable).join('\n\n');
process.stdout.write(`${text}\n`);
