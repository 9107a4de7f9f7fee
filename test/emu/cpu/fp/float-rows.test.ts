/**
 * The F and D rows that compute, compiled to wasm one by one, against what QEMU answered for them
 * (test/conformance/vectors/fp.bin.gz), with NX clear and with NX set before.
 */

import { expect, test } from 'vitest';
import { importBus, importMemory } from '../../../../src/emu/cpu/compile/host-imports.ts';
import { ProcLinker } from '../../../../src/emu/cpu/compile/linker.ts';
import { NX } from '../../../../src/emu/cpu/fp/exact.ts';
import { softFloat } from '../../../../src/emu/cpu/fp/soft-float.ts';
import { F_OFFSET, fieldOffset, X_OFFSET } from '../../../../src/emu/cpu/hart-layout.ts';
import { createMemory, memoryLayout } from '../../../../src/emu/cpu/memory-layout.ts';
import * as procs from '../../../../src/emu/cpu/priv/procs.ts';
import { instruction } from '../../../../src/emu/isa/table.ts';
import { type Binding, type Operands, proc } from '../../../../src/emu/isa/vocabulary.ts';
import { ModuleBuilder } from '../../../../src/emu/wasm/module.ts';
import { type FpCase, fpCases } from '../../../conformance/fp-vectors/format.ts';
import { VECTOR_INSNS } from '../../../conformance/fp-vectors/insns.ts';
import { floatProcs } from './wasm-float.ts';

const layout = memoryLayout(4096);
const FS = 0x6000n;
const DYN = 7n;

const computing = VECTOR_INSNS.map(({ name }) => name).filter((name) => instruction(name).format.imm === undefined);

type Run = (one: FpCase, before: number) => { readonly bits: bigint; readonly flags: number };

/** Operands in registers 1 to 3 of either file, result in register 4, dynamic rounding. */
function rowsInWasm(): Run {
  const module = new ModuleBuilder();
  importMemory(module, layout);
  const linker = new ProcLinker(module, layout, { ...procs, softFloat }, importBus(module));
  for (const name of computing) {
    const row = instruction(name);
    const body = proc(name, [], (s) => {
      const reg = (index: number) => ({ index });
      const operands = { rd: reg(4), rs1: reg(1), rs2: reg(2), rs3: reg(3), rm: s.lit(DYN) };
      // Only an illegal instruction has its own bits looked at, and none is.
      row.body({ ...s, insn: () => s.lit(0) }, operands as unknown as Operands<Binding>);
    });
    module.export(linker.link(body).func);
  }
  const memory = createMemory(layout);
  const nothing = (): never => {
    throw new Error('floating point asks nobody');
  };
  const bus = { has: nothing, load: nothing, store: nothing, nondet: nothing };
  const compiled = new WebAssembly.Module(module.encode());
  const { exports } = new WebAssembly.Instance(compiled, {
    env: { memory },
    bus,
    code: { written: nothing },
    debug: { watched: nothing },
  });
  const hart = layout.hartAt(0);
  const view = new DataView(memory.buffer, hart);
  const set = (offset: number, v: bigint): void => view.setBigUint64(offset, v, true);
  return ({ name, rm, a, b, c }, before) => {
    set(fieldOffset('mstatus'), FS);
    set(fieldOffset('frm'), BigInt(rm));
    set(fieldOffset('fflags'), BigInt(before));
    for (const [i, v] of [a, b, c].entries()) {
      set(F_OFFSET + 8 * (i + 1), v);
      set(X_OFFSET + 8 * (i + 1), v);
    }
    (exports[name] as (hart: number) => bigint)(hart);
    const file = instruction(name).format.rd?.kind === 'f' ? F_OFFSET : X_OFFSET;
    return { bits: view.getBigUint64(file + 32, true), flags: view.getUint32(fieldOffset('fflags'), true) };
  };
}

const BOX = 0xffff_ffff_0000_0000n;
const fmaSigns: Readonly<Record<string, readonly [product: 0n | 1n, addend: 0n | 1n]>> = {
  fmadd: [0n, 0n],
  fmsub: [0n, 1n],
  fnmsub: [1n, 0n],
  fnmadd: [1n, 1n],
};
/** The four multiply-add instructions of both formats as a host computes them that does not fuse; no others. */
function unfused(): Partial<Record<string, Run>> {
  const host = floatProcs(false);
  const runs: [string, Run][] = Object.entries(fmaSigns).flatMap(([name, [product, addend]]) =>
    (['S', 'D'] as const).map((format): [string, Run] => {
      const read = (v: bigint): bigint => (format === 'D' ? v : v >= BOX ? v & ~BOX : 0x7fc0_0000n);
      const place = format === 'S' ? 31n : 63n;
      const run: Run = ({ rm, a, b, c }, before) => {
        const args = [read(a) ^ (product << place), read(b), read(c) ^ (addend << place)];
        const bits = host.run('fma', format, rm, before, args);
        return { bits: format === 'S' ? bits | BOX : bits, flags: host.fflags() };
      };
      return [`${name}.${format.toLowerCase()}`, run];
    }),
  );
  return Object.fromEntries(runs);
}

const hex = (v: bigint): string => v.toString(16);

/** Cases looked at, and a line for each of the first that disagree. */
function checkRows(): { readonly cases: number; readonly failures: readonly string[] } {
  const failures: string[] = [];
  const compiled = rowsInWasm();
  const apart = unfused();
  const known = new Set(computing);
  let cases = 0;
  for (const one of fpCases()) {
    if (!known.has(one.name)) continue;
    cases += 1;
    for (const run of [compiled, apart[one.name]]) {
      for (const before of run === undefined ? [] : [0, NX]) {
        const found = run?.(one, before);
        if (found?.bits === one.result && found.flags === (one.flags | before)) continue;
        const { name, rm, a, b, c, result, flags } = one;
        failures.push(
          `${name} rm ${rm} ${hex(a)} ${hex(b)} ${hex(c)} fflags ${before}, ${run === compiled ? 'row' : 'unfused'}: ` +
            `${hex(found?.bits ?? 0n)} ${found?.flags}, not ${hex(result)} ${flags | before}`,
        );
        if (failures.length === 20) return { cases, failures };
      }
    }
  }
  return { cases, failures };
}

test('compiled F and D instructions give the bits and flags of every vector', () => {
  const { cases, failures } = checkRows();
  expect(failures).toEqual([]);
  expect(cases).toBeGreaterThan(300_000);
});
