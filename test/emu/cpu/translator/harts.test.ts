/** Compiled code for more than one hart: its address is not known then, and code is shared. */

import { expect, test } from 'vitest';
import type { EngineFactory } from '../../../../src/emu/cpu/engine.ts';
import { createInterpreter } from '../../../../src/emu/cpu/interpreter/interpreter.ts';
import { createMemory, memoryLayout } from '../../../../src/emu/cpu/memory-layout.ts';
import { HartBlock } from '../../../../src/emu/machine/hart-block.ts';
import { noBus } from '../reference/program.ts';
import { assemble } from './assembler.ts';
import { RAM, RAM_BYTES } from './guest.ts';
import { translating } from './scenario.ts';

const CODE = `
loop: addi a0, a0, 1
  call f
  fadd.d fa0, fa0, fa1
  csrrs t0, mhartid, zero
  add a2, a2, t0
  andi t0, a0, 15
  bne t0, zero, loop
  xor t5, t5, t6
  xor t6, t6, t5
  xor t5, t5, t6
  la t0, g
  sw t5, 0(t0)
  j loop
f: la t1, data
  ld t2, 0(t1)
  add t2, t2, a0
  sd t2, 0(t1)
  amoadd.d t3, a0, (t1)
g: addi a1, a1, 1
  ret
.org 0x1000
data: .8byte 1`;

/** Two harts in turns over one RAM: registers of both after each turn. */
function turns(engineOf: EngineFactory): { seen: bigint[][]; compiled: number } {
  const layout = memoryLayout(RAM_BYTES, 2);
  const memory = createMemory(layout);
  const view = new DataView(memory.buffer, layout.ramAt);
  for (const { offset, bytes } of assemble(CODE, RAM).pieces) {
    new Uint8Array(memory.buffer, layout.ramAt + offset).set(bytes);
  }
  const harts = [0, 1].map((i) => new HartBlock(memory, layout.hartAt(i)));
  const engine = engineOf(memory, layout, noBus);
  for (const [id, hart] of harts.entries()) {
    hart.reset(id);
    hart.set('pc', RAM);
    hart.set('mstatus', 0x6000n);
    hart.setF(11, 0x3ff8_0000_0000_0000n);
    hart.setX(30, BigInt(view.getUint32(OFFSET_OF_G, true)));
    hart.setX(31, 0x0056_0613n);
    engine.rederive(hart.at);
  }
  const seen: bigint[][] = [];
  for (let turn = 0; turn < 60; turn++) {
    const hart = harts[turn % 2]!;
    hart.set('untilTick', hart.get('tick') + BigInt(37 + 11 * turn));
    hart.set('attention', 1n);
    expect(engine.run(hart.at)).toBe('limit');
    seen.push(
      harts.flatMap((each) => [each.get('pc'), ...Array.from({ length: 32 }, (_, i) => each.x(i)), each.f(10)]),
    );
  }
  return { seen, compiled: Number(harts[1]!.get('compiledTicks')) };
}
const OFFSET_OF_G = Number(assemble(CODE, RAM).labels.g! - RAM);

test('two harts in turns on one engine do as they do on the interpreter', () => {
  const found = turns(translating({ hot: 1 }));
  expect(found.seen).toEqual(turns(createInterpreter).seen);
  expect(found.compiled).toBeGreaterThan(1000);
});
