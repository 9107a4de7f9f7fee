/** The command line of `npm run bench:ft`. */

import { parseArgs } from 'node:util';
import { BenchError } from '../bench-error.ts';
import { METHOD_WORKS, WORKS, type WorkName } from './works.ts';

export interface FtBenchOptions {
  /** Little of everything: whether the bench works, not how fast the pair is. */
  readonly quick: boolean;
  readonly rounds: number;
  readonly only: readonly WorkName[];
  readonly json: boolean;
  /** The ways of the literature beside each other, on the works of `METHOD_WORKS` unless others are named. */
  readonly methods: boolean;
  /** A folder with the guest, as the bench itself builds it; built when left out. */
  readonly guest: string | undefined;
  /** Silence that is a failure of the other side, milliseconds; the pair's own default when left out. */
  readonly detectMs: number | undefined;
  /** Of the way between the sides, milliseconds; that of the loopback when left out. */
  readonly roundTripMs: number | undefined;
}

export const USAGE = `usage: npm run bench:ft -- [--quick] [--rounds N] [--only NAME[,NAME...]]...
                          [--methods] [--guest DIR] [--detect MS] [--round-trip MS] [--json]
names: ${WORKS.join(' ')}`;

/** BenchError for anything not understood; undefined when help was asked for. */
export function parseOptions(args: readonly string[]): FtBenchOptions | undefined {
  const values = parse(args);
  if (values.help === true) return undefined;
  const only = (values.only ?? []).flatMap((names) => names.split(','));
  const strange = only.find((name) => !(WORKS as readonly string[]).includes(name));
  if (strange !== undefined) throw new BenchError(`--only ${strange}: no such work; names: ${WORKS.join(' ')}`);
  const quick = values.quick ?? false;
  const rounds = whole('--rounds', values.rounds ?? (quick ? '1' : '5'), 1000);
  const detectMs = values.detect === undefined ? undefined : whole('--detect', values.detect, 600_000);
  const { 'round-trip': way } = values;
  const roundTripMs = way === undefined ? undefined : whole('--round-trip', way, 10_000);
  const methods = values.methods ?? false;
  const all = methods ? METHOD_WORKS : WORKS;
  const wanted = only.length === 0 ? all : WORKS.filter((name) => only.includes(name));
  const { guest, json = false } = values;
  return { quick, rounds, only: wanted, json, methods, guest, detectMs, roundTripMs };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean' },
        rounds: { type: 'string' },
        only: { type: 'string', multiple: true },
        json: { type: 'boolean' },
        methods: { type: 'boolean' },
        guest: { type: 'string' },
        detect: { type: 'string' },
        'round-trip': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new BenchError(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  }
}

function whole(flag: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0 && value <= most) return value;
  throw new BenchError(`${flag} ${text}: give a whole number from 1 to ${most}`);
}
