/**
 * The recorded F and D vectors (test/conformance/vectors/fp.bin.gz) on compiled guest code: loops that load operands,
 * run one instruction and store its result and flags, with NX raised before or not, the rounding mode in frm or in the
 * instruction.
 */

import { NX } from '../../../../src/emu/cpu/fp/exact.ts';
import type { Insn } from '../../../../src/emu/isa/insn.ts';
import { roundingModeNames } from '../../../../src/emu/isa/register-names.ts';
import { instruction } from '../../../../src/emu/isa/table.ts';
import { type FpCase, fpCases } from '../../../conformance/fp-vectors/format.ts';
import { Guest, RAM } from './guest.ts';
import { translating } from './scenario.ts';

const OPERANDS = 0x4000;
const RESULTS = 0x1_0000;
/** Operands of a case take 24 bytes, its answer 16. */
const MAX_CASES = 2000;
const MAX_TICKS = 100 * MAX_CASES;

export interface VectorRun {
  readonly cases: number;
  readonly failures: readonly string[];
  /** Share of the steps that compiled code made. */
  readonly compiled: number;
}

/** Every `stride`-th case of each instruction and mode. */
export function runVectors(stride: number, offset: number): VectorRun {
  const guest = new Guest();
  guest.use(translating({ hot: 1 }));
  const failures: string[] = [];
  let cases = 0;
  for (const batch of batches(fpCases(stride, offset))) {
    for (const mode of modesOf(batch[0] as FpCase)) {
      for (const before of [0, NX]) {
        cases += batch.length;
        failures.push(...runBatch(guest, batch, mode, before));
      }
    }
    if (failures.length > 20) break;
  }
  return { cases, failures, compiled: Number(guest.machine.get('compiledTicks')) / Number(guest.tick) };
}

/** Cases of one instruction and mode, not too many. */
function* batches(cases: Iterable<FpCase>): Generator<readonly FpCase[]> {
  let batch: FpCase[] = [];
  for (const one of cases) {
    const [first] = batch;
    if (first !== undefined && (first.name !== one.name || first.rm !== one.rm || batch.length === MAX_CASES)) {
      yield batch;
      batch = [];
    }
    batch.push(one);
  }
  if (batch.length > 0) yield batch;
}

/** The rounding modes that may be written into the instruction. */
function modesOf({ name, rm }: FpCase): readonly string[] {
  return /\brm\b/.test(instruction(name).asm) ? ['dyn', roundingModeNames[rm] as string] : ['dyn'];
}

function runBatch(guest: Guest, batch: readonly FpCase[], mode: string, before: number): string[] {
  const { machine } = guest;
  const [{ name, rm }] = batch as readonly [FpCase];
  const labels = guest.load(loopOf(instruction(name), mode));
  guest.ram.fill(RAM + BigInt(RESULTS), 16 * batch.length);
  const operands = BigUint64Array.from(batch.flatMap(({ a, b, c }) => [a, b, c]));
  guest.ram.write(RAM + BigInt(OPERANDS), new Uint8Array(operands.buffer));
  machine.setX(10, RAM + BigInt(OPERANDS));
  machine.setX(11, RAM + BigInt(RESULTS));
  machine.setX(12, BigInt(before));
  machine.setX(13, RAM + BigInt(OPERANDS + 24 * batch.length));
  machine.set('mstatus', 0x6000n);
  // With a mode of its own in the instruction frm must not matter.
  machine.set('frm', mode === 'dyn' ? BigInt(rm) : BigInt((rm + 1) % 5));
  // Code was put there behind the engine's back.
  guest.ram.markAllChanged();
  guest.rederive();
  guest.run(guest.tick + BigInt(MAX_TICKS));
  if (machine.get('pc') !== labels.end)
    throw new Error(`${name} ${mode}: stopped at ${machine.get('pc').toString(16)}`);
  const answers = new BigUint64Array(machine.memory.buffer, machine.layout.ramAt + RESULTS, 2 * batch.length);
  return batch.flatMap(({ a, b, c, result, flags }, i) => {
    const [bits, raised] = [answers[2 * i], Number(answers[2 * i + 1])];
    if (bits === result && raised === (flags | before)) return [];
    const operandsText = [a, b, c].map((v) => v.toString(16)).join(' ');
    return [
      `${name} ${mode} frm ${rm} fflags ${before} on ${operandsText}: ${bits?.toString(16)} ${raised}, not ` +
        `${result.toString(16)} ${flags | before}`,
    ];
  });
}

/** a0 walks over operands, a1 over results; a2 is fflags before; until a3. */
function loopOf(row: Insn, mode: string): string {
  const isStore = row.asm.includes('(') && row.format.rd === undefined;
  const operand = (word: string): string => {
    if (word === 'rm' || word === 'exact') return mode;
    if (word === 'imm') return '0';
    // A store writes the first operand of the case.
    if (isStore) return word === 'rs1' ? 'a1' : 'ft1';
    if (row.asm.includes('(') && word === 'rs1') return 'a0';
    const number = { rd: 4, rs1: 1, rs2: 2, rs3: 3 }[word] ?? 0;
    return `${row.format[word as 'rd']?.kind === 'f' ? 'ft' : 't'}${number}`;
  };
  const text = `${row.name} ${row.asm.replaceAll(/\w+/g, operand)}`;
  const result = row.format.rd?.kind === 'f' ? 'fsd ft4, 0(a1)' : 'sd t4, 0(a1)';
  return `
loop: fld ft1, 0(a0)
  fld ft2, 8(a0)
  fld ft3, 16(a0)
  ld t1, 0(a0)
  csrrw zero, fflags, a2
  ${text}
  ${isStore ? '' : result}
  csrrs t5, fflags, zero
  sd t5, 8(a1)
  addi a0, a0, 24
  addi a1, a1, 16
  bne a0, a3, loop
end: j end`;
}
