/** The bench's command line. */

import { parseArgs } from 'node:util';
import { BenchError } from './bench-error.ts';
import { APPS, CPU_KERNELS, LINUX_KERNELS } from './kernels.ts';

export interface BenchOptions {
  /** Bare kernels and one Linux boot, instead of everything. */
  readonly quick: boolean;
  readonly rounds: number;
  /** Work for each kernel, units of about 16 million instructions. */
  readonly factor: number;
  /** Names of kernels, `boot` and applications; all when empty. */
  readonly only: readonly string[];
  /** Run redis and sqlite in the guest too. */
  readonly apps: boolean;
  readonly json: boolean;
  /** A folder that samples/linux/build.sh made, with the Linux bench program in it; built when left out. */
  readonly guest: string | undefined;
  /** QEMU binaries to run beside; qemu-system-riscv64 from the path when empty. */
  readonly qemu: readonly string[];
}

export const USAGE = `usage: npm run bench -- [--quick] [--rounds N] [--factor N] [--only NAME[,NAME...]]... [--apps]
                       [--guest DIR] [--qemu PATH]... [--json]
names: ${[...CPU_KERNELS, ...LINUX_KERNELS, 'boot', ...APPS].join(' ')}`;

/** BenchError for anything not understood; undefined when help was asked for. */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const values = parse(args);
  if (values.help === true) return undefined;
  const only = (values.only ?? []).flatMap((names) => names.split(','));
  const known: readonly string[] = [...CPU_KERNELS, ...LINUX_KERNELS, ...APPS, 'boot'];
  const strange = only.find((name) => !known.includes(name));
  if (strange !== undefined) throw new BenchError(`--only ${strange}: no such work; names: ${known.join(' ')}`);
  const quick = values.quick ?? false;
  return {
    quick,
    rounds: positive('--rounds', values.rounds ?? '3'),
    factor: positive('--factor', values.factor ?? (quick ? '4' : '20')),
    only,
    apps: (values.apps ?? false) || APPS.some((name) => only.includes(name)),
    json: values.json ?? false,
    guest: values.guest,
    qemu: values.qemu ?? [],
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean' },
        rounds: { type: 'string' },
        factor: { type: 'string' },
        only: { type: 'string', multiple: true },
        apps: { type: 'boolean' },
        json: { type: 'boolean' },
        guest: { type: 'string' },
        qemu: { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new BenchError(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  }
}

function positive(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0 && value <= 10_000) return value;
  throw new BenchError(`${flag} ${text}: give a whole number from 1 to 10000`);
}
