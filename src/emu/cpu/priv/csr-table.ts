/**
 * The CSR table: one row a CSR, and the procedures that the Zicsr instructions call. A CSR without a row does not
 * exist: any access to it is illegal. Manual: "CSR Listing".
 */

import { type Binding, proc, type Semantics } from '../../isa/vocabulary.ts';
import { machineCsrs } from './csr-machine.ts';
import type { Csr } from './csr-row.ts';
import { supervisorCsrs } from './csr-supervisor.ts';
import { userCsrs } from './csr-user.ts';
import { Cause } from './fields.ts';
import { combineMip } from './interrupts.ts';

/** In the order of their numbers. */
export const csrTable: readonly Csr[] = [...userCsrs, ...supervisorCsrs, ...machineCsrs].sort(
  (a, b) => a.number - b.number,
);
const names = new Map(csrTable.map(({ number, name }) => [number, name]));
export const csrName = (number: number): string | undefined => names.get(number);

const isReadOnly = ({ number }: Csr): boolean => number >> 10 === 3;
const numbers = (rows: readonly Csr[]): readonly bigint[] => rows.map(({ number }) => BigInt(number));

function illegal<B extends Binding>(s: Semantics<B>, insn: B['value']): void {
  s.raise(s.lit(Cause.illegal), insn);
}

/** Raises illegal-instruction unless this access is permitted now. `writes`: 1 when the instruction writes the CSR. */
export const csrCheck = proc('csrCheck', ['csr', 'writes', 'insn'], (s, csr, writes, insn) => {
  const lowest = s.and(s.srl(csr, s.lit(8)), s.lit(3));
  const writing = s.letCond(s.ne(writes, s.lit(0)));
  const readOnly = s.eq(s.and(csr, s.lit(0xc00)), s.lit(0xc00));
  s.if(s.either(s.ltu(s.get('priv'), lowest), s.both(writing, readOnly)), () => illegal(s, insn));
  const guarded = csrTable.flatMap((row) =>
    row.guard === undefined
      ? []
      : [[[BigInt(row.number)], () => s.if(s.not(row.guard!(s, writing)), () => illegal(s, insn))] as const],
  );
  const free = numbers(csrTable.filter(({ guard }) => guard === undefined));
  s.match(csr, [[free, () => {}], ...guarded], () => illegal(s, insn));
});

/** The CSR's value; the access has been checked. A read of `time` or `seed` may be a logged one. */
export const csrRead = proc('csrRead', ['csr'], (s, csr) => {
  const value = s.cell(s.lit(0));
  const cases = csrTable.map((row) => [[BigInt(row.number)], () => value.set(row.read(s))] as const);
  s.match(csr, cases, () => {});
  return value.get();
});

/**
 * Writes `v`, as far as the CSR's fields take it, with everything that follows from it; the access has been checked.
 */
export const csrWrite = proc('csrWrite', ['csr', 'v'], (s, csr, v) => {
  const writable = csrTable.filter((row) => !isReadOnly(row));
  const cases = writable.map((row) => [[BigInt(row.number)], () => row.write(s, v)] as const);
  s.match(csr, cases, () => {});
});

/**
 * What CSRRS and CSRRC combine their mask with, having read `old`. mip alone differs: a line is not written back as a
 * bit.
 */
export const csrCombine = proc('csrCombine', ['csr', 'old'], (s, csr, old) => {
  s.if(s.eq(csr, s.lit(0x344)), () => s.ret(combineMip(s, old)));
  return old;
});
