/** Shortened code computes what the code did, and is shorter where it can be. */

import { describe, expect, test } from 'vitest';
import type { FunctionBuilder } from '../../../src/emu/wasm/function.ts';
import type { Instr } from '../../../src/emu/wasm/instr.ts';
import { ModuleBuilder } from '../../../src/emu/wasm/module.ts';
import { shorten } from '../../../src/emu/wasm/peephole.ts';
import { Random } from '../cpu/random.ts';

const get = (local: number): Instr => ({ op: 'local.get', local });
const set = (local: number): Instr => ({ op: 'local.set', local });
const tee = (local: number): Instr => ({ op: 'local.tee', local });
const num = (value: number): Instr => ({ op: 'i32.const', value });
const add: Instr = { op: 'i32.add' };
const xor: Instr = { op: 'i32.xor' };
const end: Instr = { op: 'end' };

/** Local 0 is given, local 1 is the result, the others are temporaries. */
const TEMPS = [2, 3, 4];
const isTemp = (local: number): boolean => local >= 2;
const short = (...code: Instr[]): Instr[] => shorten(code, isTemp);

describe('what is set', () => {
  test('to be read at once and never again stays on the stack', () => {
    expect(short(get(0), set(2), get(2), set(1))).toEqual([get(0), set(1)]);
    expect(short(get(0), tee(2), set(1))).toEqual([get(0), set(1)]);
  });
  test('to be read again is kept', () => {
    expect(short(get(0), set(2), get(2), get(2), add, set(1))).toEqual([get(0), tee(2), get(2), add, set(1)]);
    expect(short(get(0), tee(2), get(2), add, set(1))).toEqual([get(0), tee(2), get(2), add, set(1)]);
  });
  test('in a local that matters outside is kept', () => {
    expect(short(get(0), set(1), get(1), set(0))).toEqual([get(0), tee(1), set(0)]);
  });
  test('anew before it is read again was not needed', () => {
    const code = [get(0), set(2), get(2), set(1), num(5), tee(2), get(2), add, set(0)];
    expect(short(...code)).toEqual([get(0), set(1), num(5), tee(2), get(2), add, set(0)]);
  });
  test('anew on one way only is needed', () => {
    const again: Instr[] = [{ op: 'if' }, num(5), set(2), end, get(2), set(1)];
    expect(short(get(0), tee(2), ...again)).toEqual([get(0), tee(2), ...again]);
    const skipped: Instr[] = [{ op: 'block' }, get(0), tee(2), { op: 'br_if', depth: 0 }, num(5), set(2), end];
    expect(short(...skipped, get(2), set(1))).toEqual([...skipped, get(2), set(1)]);
  });
  test('anew in the other arm is needed behind both', () => {
    const arms: Instr[] = [get(0), { op: 'if' }, get(0), tee(2), set(1), { op: 'else' }, num(5), set(2), end];
    expect(short(...arms, get(2), set(1))).toEqual([...arms, get(2), set(1)]);
  });
});

/** Statements with sets, branches and blocks; `depth` blocks of the code are around them. */
function statements(random: Random, depth: number): Instr[] {
  const value = (): Instr[] => {
    const plain = [get(random.pick([0, 1, ...TEMPS]))];
    const kind = random.below(4);
    if (kind === 0) return [...plain, num(random.below(9)), add];
    if (kind === 1) return [...plain, get(random.pick(TEMPS)), xor];
    return kind === 2 ? [...plain, tee(random.pick(TEMPS))] : plain;
  };
  const some = (): Instr[] => Array.from({ length: random.below(5) }, one).flat();
  const inner = (): Instr[] => (depth < 3 ? statements(random, depth + 1) : some());
  const one = (): Instr[] => {
    const temp = random.pick(TEMPS);
    switch (random.below(8)) {
      case 0:
        return [...value(), set(temp)];
      case 1:
      case 2:
        return [...value(), set(temp), get(temp), get(1), xor, num(3), add, set(1)];
      case 3:
        return [...value(), get(1), add, set(1)];
      case 4:
        return depth < 3 ? [{ op: 'block' }, ...inner(), end] : [];
      case 5:
        return depth < 3 ? [...value(), { op: 'if' }, ...inner(), { op: 'else' }, ...inner(), end] : [];
      default:
        return [...value(), num(1), { op: 'i32.and' }, { op: 'br_if', depth: random.below(depth + 1) }];
    }
  };
  return [...some(), ...some()];
}

test('random code computes what it did', () => {
  let removed = 0;
  for (let seed = 1; seed <= 300; seed++) {
    const code = statements(new Random(seed), 0);
    const shorter = shorten(code, isTemp);
    removed += code.length - shorter.length;
    const module = new ModuleBuilder();
    const make = (name: string, body: readonly Instr[]): FunctionBuilder => {
      const fn = module.func(name, { params: ['i32'], results: ['i32'] });
      for (let i = 1; i <= 4; i++) fn.reserve('i32');
      fn.block(() => {
        for (const instr of body) fn.push(instr);
      });
      fn.push(get(1));
      module.export(fn);
      return fn;
    };
    make('long', code);
    make('short', shorter);
    const { long, short } = new WebAssembly.Instance(new WebAssembly.Module(module.encode())).exports as unknown as {
      readonly [name: string]: (v: number) => number;
    };
    for (const v of [0, 1, 2, 3, 7, -1]) expect(short!(v), `seed ${seed}, ${v}`).toBe(long!(v));
  }
  expect(removed).toBeGreaterThan(300);
});
