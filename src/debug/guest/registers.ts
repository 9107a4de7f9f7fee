/**
 * Every register of a hart by name: `pc`, `priv`, integer and floating-point registers by their ABI names, CSRs by the
 * manual's. A CSR reads as `csrr` would give it in machine mode at this moment, whatever the present privilege may
 * read; reading has no effect. `seed` is left out: a read of it asks for entropy and takes it.
 */

import { csrTable } from '../../emu/cpu/priv/csr-table.ts';
import { fNames, xNames } from '../../emu/isa/register-names.ts';
import type { Board } from '../../emu/machine/board.ts';
import { UserError } from '../../lib/errors.ts';
import { HartView } from './hart-view.ts';

type Read = (view: HartView) => bigint;

const csrs = csrTable.filter(({ name }) => name !== 'seed');
const named: readonly (readonly [string, Read])[] = [
  ['pc', (view) => view.get('pc')],
  ['priv', (view) => view.get('priv')],
  ...xNames.map((name, i) => [name, (view: HartView) => view.x(i)] as const),
  ...fNames.map((name, i) => [name, (view: HartView) => view.f(i)] as const),
  ...csrs.map((row) => [row.name, (view: HartView) => row.read(view)] as const),
];
/** Numbers for names, and `fp` for s0. */
const others: readonly (readonly [string, Read])[] = [
  ['fp', (view) => view.x(xNames.indexOf('s0'))],
  ...xNames.map((_, i) => [`x${i}`, (view: HartView) => view.x(i)] as const),
  ...fNames.map((_, i) => [`f${i}`, (view: HartView) => view.f(i)] as const),
];
const reads: ReadonlyMap<string, Read> = new Map([...named, ...others]);

/** One name for each register: pc, priv, x, f, then CSRs in the order of their numbers. */
export const registerNames: readonly string[] = named.map(([name]) => name);
export const csrNames: readonly string[] = csrs.map(({ name }) => name);
/** Whether `readRegister` knows it; `x5`, `f10` and `fp` are known besides registerNames. */
export const isRegister = (name: string): boolean => reads.has(name);

/** 64 bits, unsigned. UserError 'no-such-register' for a name that is none. */
export function readRegister(board: Board, name: string, hart = 0): bigint {
  return readRegisters(board, [name], hart).get(name)!;
}

/** The same for many at once, in the order given. */
export function readRegisters(board: Board, names: readonly string[], hart = 0): ReadonlyMap<string, bigint> {
  const view = new HartView(board, hart);
  return new Map(
    names.map((name) => {
      const read = reads.get(name);
      if (read === undefined) throw noSuchRegister(name);
      return [name, read(view)];
    }),
  );
}

const noSuchRegister = (name: string): UserError =>
  new UserError('no-such-register', `there is no register ${name}`, 'give a name such as a0, fa0, pc or mstatus');
