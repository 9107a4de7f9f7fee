/** The region of a piece of guest code as text: the guest's instructions as comments, then the wasm function. */

import {
  F_OFFSET,
  fastTlbOffset,
  fieldOffset,
  type HartField,
  stateFields,
  TLB_ENTRIES,
  TLB_KINDS,
  X_OFFSET,
} from '../../../../../src/emu/cpu/hart-layout.ts';
import { memoryLayout } from '../../../../../src/emu/cpu/memory-layout.ts';
import {
  addressOf,
  type CodeView,
  discover,
  pageBase,
  pageIndex,
  type Region,
} from '../../../../../src/emu/cpu/translator/region.ts';
import { emitRegion } from '../../../../../src/emu/cpu/translator/region-code.ts';
import { REGION_TYPE } from '../../../../../src/emu/cpu/translator/region-type.ts';
import { tierOf } from '../../../../../src/emu/cpu/translator/tier.ts';
import { TierLinker } from '../../../../../src/emu/cpu/translator/tier-linker.ts';
import { FIRST_SLOT } from '../../../../../src/emu/cpu/translator/region-type.ts';
import { blockRegisters, NO_REGISTERS, union } from '../../../../../src/emu/cpu/translator/dataflow.ts';
import { fNames, xNames } from '../../../../../src/emu/isa/register-names.ts';
import { disassemble } from '../../../../../src/emu/isa/disassemble.ts';
import { ModuleBuilder } from '../../../../../src/emu/wasm/module.ts';
import { toFoldedWat } from '../../../wasm/folded-wat.ts';
import { type Assembled, assemble } from '../assembler.ts';
import { RAM, RAM_BYTES } from '../guest.ts';
import type { GoldenProgram } from './programs.ts';

const layout = memoryLayout(RAM_BYTES);
const hartFields: readonly HartField[] = [
  ...stateFields,
  ...(['dataContext', 'fetchContext', 'attention', 'trapped', 'exitRequest', 'stretchEnd'] as const),
];
const PAGE = 0x1000n;
const MAX_INSNS = 300;

export function render(program: GoldenProgram): string {
  const assembled = assemble(program.code, RAM);
  const region = discover(viewOf(program, assembled), assembled.labels.entry!, MAX_INSNS);
  if (region === undefined) throw new Error(`${program.name}: no region`);
  return [`;; ${program.name}: ${program.shows}`, ';;', ...listing(region, assembled), wat(region)].join('\n');
}

/** Physical pages are those of the same address. */
function viewOf({ targets = {}, missing = [] }: GoldenProgram, { pieces, labels }: Assembled): CodeView {
  const halves = new Map<bigint, number>();
  for (const { offset, bytes } of pieces) {
    for (let i = 0; i < bytes.length; i += 2) halves.set(RAM + BigInt(offset + i), bytes[i]! | (bytes[i + 1]! << 8));
  }
  const absent = missing.map((label) => pageBase(labels[label]!));
  return {
    page: (va) => (absent.includes(va) ? undefined : Number(va / PAGE)),
    half: (page, offset) => halves.get(BigInt(page) * PAGE + BigInt(offset)) ?? 0,
    wasReached: () => true,
    targetsOf: (va) =>
      Object.entries(targets).flatMap(([from, to]) => (labels[from] === va ? to.map((label) => labels[label]!) : [])),
    isBarred: () => false,
  };
}

function listing(region: Region, { labels }: Assembled): string[] {
  const names = new Map(Object.entries(labels).map(([name, va]) => [va, name]));
  const lines: string[] = [];
  for (const { start, insns } of region.blocks.toSorted((a, b) => a.start - b.start)) {
    let va = addressOf(region, start);
    if (lines.length > 0) lines.push(';;');
    for (const { raw, length } of insns) {
      if (names.has(va)) lines.push(`;; ${names.get(va)}:`);
      lines.push(`;;   ${va.toString(16)}  ${disassemble(raw, va)}`);
      va += BigInt(length);
    }
  }
  return lines;
}

function wat(region: Region): string {
  const module = new ModuleBuilder();
  const tier = tierOf(layout, 1, false);
  const linker = new TierLinker(module, layout, tier);
  let slots = FIRST_SLOT;
  const fn = emitRegion(module, region, {
    linker,
    stencils: tier.stencils,
    callee: (name) => linker.named(name),
    funcs: { dispatch: module.importFunc('tier', 'dispatch', REGION_TYPE) },
    slotOf: (target) => (region.pages.has(pageIndex(target)) ? slots++ : undefined),
  });
  return toFoldedWat(fn, { local: localNames(region), instr: withNames });
}

const FIXED = ['hart', 'left', 'pc', 'depth', 'dataContext', 'floatState', 'target'];

/** Registers by their ABI names, temporaries by their numbers (region-registers.ts). */
function localNames({ blocks }: Region): (local: number) => string {
  const used = blocks.map((block) => blockRegisters(block).used).reduce(union, NO_REGISTERS);
  const registers = Array.from({ length: 32 }, (_, i) => [
    ...((used.x >>> i) & 1 ? [xNames[i]!] : []),
    ...((used.f >>> i) & 1 ? [fNames[i]!] : []),
  ]).flat();
  const names = [...FIXED, ...registers, 'fetchContext'];
  return (local) => names[local] ?? `t${local}`;
}

/** Numbers that follow from the layout of memory, by name; addresses in hexadecimal. */
function withNames(text: string): string {
  const offset = /offset=(\d+)/.exec(text);
  if (offset !== null) return text.replace(offset[0], `offset=${placeName(Number(offset[1]))}`);
  const [, op, value] = /^(i(?:32|64)\.const) (\d+)$/.exec(text) ?? [];
  if (op === undefined) return text;
  if (Number(value) === layout.hartAt(0)) return `${op} HART`;
  return Number(value) >= 0x1_0000 ? `${op} 0x${BigInt(value!).toString(16)}` : text;
}

const places = new Map<number, string>([
  ...hartFields.map((field): [number, string] => [fieldOffset(field), field]),
  ...xNames.map((name, i): [number, string] => [X_OFFSET + 8 * i, name]),
  ...fNames.map((name, i): [number, string] => [F_OFFSET + 8 * i, name]),
]);

/** Offsets from the hart, or addresses in its fast TLBs. */
function placeName(offset: number): string {
  for (const kind of TLB_KINDS) {
    for (const base of [0, layout.hartAt(0)]) {
      const at = offset - base - fastTlbOffset(kind);
      const name = base === 0 ? `${kind}Tlb` : `HART.${kind}Tlb`;
      if (at >= 0 && at < TLB_ENTRIES * 16) return `${name}${entryName(at)}`;
    }
  }
  return places.get(offset) ?? String(offset);
}
function entryName(at: number): string {
  const part = { 0: 'tag', 8: 'addend', 12: 'page' }[at % 16] ?? `${at % 16}`;
  return at < 16 ? `.${part}` : `[${at >> 4}].${part}`;
}
