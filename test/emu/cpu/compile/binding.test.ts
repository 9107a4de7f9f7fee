/**
 * The wasm binding against the reference binding on random procedures: same result, same bytes in the hart and in RAM.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProcLinker } from '../../../../src/emu/cpu/compile/linker.ts';
import { softFloat } from '../../../../src/emu/cpu/fp/soft-float.ts';
import { HART_BYTES } from '../../../../src/emu/cpu/hart-layout.ts';
import { createMemory, memoryLayout } from '../../../../src/emu/cpu/memory-layout.ts';
import * as procs from '../../../../src/emu/cpu/priv/procs.ts';
import { Reference } from '../../../../src/emu/cpu/reference/binding.ts';
import type { Proc } from '../../../../src/emu/isa/vocabulary.ts';
import { ModuleBuilder } from '../../../../src/emu/wasm/module.ts';
import { Random } from '../random.ts';
import { randomProc } from './random-body.ts';

const layout = memoryLayout(0x2000);
const bus = { has: () => false, load: () => 0n, store: () => {}, nondet: () => 0n };

function freshMemory(seed: number): WebAssembly.Memory {
  const memory = createMemory(layout);
  const random = new Random(seed);
  const fill = (at: number, bytes: number): void => {
    const words = new BigUint64Array(memory.buffer, at, bytes / 8);
    words.forEach((_, i) => {
      words[i] = random.wide();
    });
  };
  fill(layout.hartAt(0), 0x2000);
  fill(layout.ramAt, layout.ramBytes);
  return memory;
}
/** All bytes that a procedure can change. */
const contents = (memory: WebAssembly.Memory): Uint8Array[] => [
  new Uint8Array(memory.buffer, layout.hartAt(0), HART_BYTES),
  new Uint8Array(memory.buffer, layout.pageFlagsAt, layout.ramPages),
  new Uint8Array(memory.buffer, layout.ramAt, layout.ramBytes),
];

function callWasm(p: Proc, memory: WebAssembly.Memory, args: readonly bigint[]): bigint {
  const module = new ModuleBuilder();
  module.importMemory('env', 'memory', 1);
  const none = { params: [], results: [] };
  const unused = module.importFunc('env', 'unused', none);
  const codeWritten = module.importFunc('env', 'codeWritten', { params: ['i32', 'i32'], results: [] });
  const linker = new ProcLinker(
    module,
    layout,
    { ...procs, softFloat },
    { has: unused, load: unused, store: unused, nondet: unused, codeWritten, watched: unused },
  );
  module.export(linker.link(p).func);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), {
    env: { memory, unused: () => {}, codeWritten: () => {} },
  });
  const run = instance.exports[p.name] as (hart: number, ...args: bigint[]) => bigint;
  return BigInt.asUintN(64, run(layout.hartAt(0), ...args));
}

test('random procedures mean the same in wasm and in BigInts', () => {
  const word = fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.constantFrom(0n, 1n, 5n, 0x301n, 2n ** 63n, 2n ** 64n - 1n),
  );
  fc.assert(
    fc.property(fc.integer(), fc.integer(), word, word, word, (seed, inner, ...args) => {
      const p = randomProc(seed, randomProc(inner));
      const [wasm, reference] = [freshMemory(seed), freshMemory(seed)];
      const result = callWasm(p, wasm, args);
      expect(result).toBe(new Reference(reference, layout, bus, procs).call(p, ...args));
      expect(contents(wasm).map((part) => Buffer.from(part).toString('base64'))).toEqual(
        contents(reference).map((part) => Buffer.from(part).toString('base64')),
      );
    }),
    { numRuns: 300 },
  );
});
