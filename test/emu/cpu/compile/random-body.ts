/**
 * Random procedures over the vocabulary, as a function of a seed. A body is built anew by each binding, in the
 * binding's own way of running it (one arm or both, a loop's body once or often), so every arm draws from a source of
 * its own, seeded before the parting. Values are kept and used again after effects on purpose: reads that were not
 * let-bound must keep their place.
 */

import type { HartField } from '../../../../src/emu/cpu/hart-layout.ts';
import { type Binding, type Cell, type Proc, proc, type Semantics } from '../../../../src/emu/isa/vocabulary.ts';
import { Random } from '../random.ts';

const fields: readonly HartField[] = ['mscratch', 'sscratch', 'mepc', 'stval'];
/** A part of the hart's block that nothing here looks at by name: the first entries of a fast TLB array. */
export const TABLE_OFFSET = 0x1000;
export const RAM_BASE = 0x8000_0000;
const WIDTHS = [1, 2, 4, 8] as const;
const BITS = [8, 16, 32] as const;

const unary = ['inv', 'clz', 'ctz', 'cpop'] as const;
const binary = [
  'add',
  'sub',
  'mul',
  'mulh',
  'mulhsu',
  'mulhu',
  'div',
  'divu',
  'rem',
  'remu',
  'and',
  'or',
  'xor',
  'sll',
  'srl',
  'sra',
  'rotl',
  'rotr',
] as const;
const tests = ['eq', 'ne', 'lt', 'ltu', 'ge', 'geu'] as const;

class Body<B extends Binding> {
  readonly #s: Semantics<B>;
  readonly #random: Random;
  readonly #values: B['value'][];
  readonly #cells: readonly Cell<B>[];
  readonly #callee: Proc | undefined;

  constructor(
    s: Semantics<B>,
    seed: number,
    values: readonly B['value'][],
    cells: readonly Cell<B>[],
    callee: Proc | undefined,
  ) {
    this.#s = s;
    this.#random = new Random(seed);
    this.#values = [...values];
    this.#cells = cells;
    this.#callee = callee;
  }

  #old(): B['value'] {
    return this.#random.pick(this.#values);
  }
  #ramAddress(width: number): B['value'] {
    return this.#s.add(this.#s.lit(RAM_BASE), this.#s.and(this.#old(), this.#s.lit(0xff8 | (8 - width))));
  }
  #tableOffset(): B['value'] {
    const offset = this.#s.and(this.#old(), this.#s.lit(0xf8));
    return this.#random.below(2) === 0
      ? this.#s.lit(TABLE_OFFSET + 8 * this.#random.below(32))
      : this.#s.add(offset, this.#s.lit(TABLE_OFFSET));
  }

  #condition(): B['cond'] {
    const s = this.#s;
    const simple = (): B['cond'] => s[this.#random.pick(tests)](this.#value(1), this.#value(1));
    switch (this.#random.below(6)) {
      case 0:
        return s.not(simple());
      case 1:
        return s.both(simple(), simple());
      case 2:
        return s.either(simple(), simple());
      case 3:
        return s.letCond(simple());
      default:
        return simple();
    }
  }

  #value(depth: number): B['value'] {
    const s = this.#s;
    const next = (): B['value'] => this.#value(depth - 1);
    switch (this.#random.below(depth > 0 ? 14 : 4)) {
      case 0:
        return s.lit(this.#random.wide());
      case 1:
      case 2:
      case 3:
        return this.#old();
      case 4:
        return s.get(this.#random.pick(fields));
      case 5:
        return this.#random.pick(this.#cells).get();
      case 6: {
        const width = this.#random.pick(WIDTHS);
        return s.ramLoad(this.#ramAddress(width), width);
      }
      case 7:
        return s.hartLoad(this.#tableOffset(), this.#random.pick([4, 8]));
      case 8:
        return s[this.#random.pick(unary)](next());
      case 9:
        return this.#random.below(2) === 0
          ? s.sext(this.#random.pick(BITS), next())
          : s.zext(this.#random.pick(BITS), next());
      case 10:
        return this.#random.below(2) === 0 ? s.bool(this.#condition()) : s.select(this.#condition(), next(), next());
      default:
        return s[this.#random.pick(binary)](next(), next());
    }
  }

  /** The statements of an arm: a source of their own, values of their own. */
  #arm(statements: number): () => void {
    const seed = this.#random.word();
    return () => new Body(this.#s, seed, this.#values, this.#cells, this.#callee).run(statements);
  }

  run(statements: number): void {
    for (let i = 0; i < statements; i++) this.#statement(statements);
  }

  #statement(statements: number): void {
    const s = this.#s;
    const random = this.#random;
    const inner = statements - 2;
    const kinds = inner > 0 ? 12 : 8;
    switch (random.below(kinds)) {
      case 0:
        this.#values.push(s.let(this.#value(2)));
        break;
      case 1:
      case 2:
        this.#values.push(this.#value(3));
        break;
      case 3:
        s.set(random.pick(fields), this.#value(2));
        break;
      case 4:
        random.pick(this.#cells).set(this.#value(2));
        break;
      case 5: {
        const width = random.pick(WIDTHS);
        s.ramStore(this.#ramAddress(width), width, this.#value(2));
        break;
      }
      case 6:
        s.hartStore(this.#tableOffset(), random.pick([4, 8]), this.#value(2));
        break;
      case 7:
        if (this.#callee !== undefined) this.#values.push(s.call(this.#callee, this.#old(), this.#value(1)));
        break;
      case 8:
        s.if(this.#condition(), this.#arm(inner), random.below(2) === 0 ? this.#arm(inner) : undefined);
        break;
      case 9:
        this.#loop(inner);
        break;
      case 10:
        this.#match(inner);
        break;
      default: {
        const result = this.#old();
        s.if(this.#condition(), () => s.ret(result));
      }
    }
  }

  #loop(inner: number): void {
    const s = this.#s;
    const count = s.cell(s.lit(this.#random.below(4)));
    const arm = this.#arm(inner);
    s.while(
      () => s.ne(count.get(), s.lit(0)),
      () => {
        arm();
        count.set(s.sub(count.get(), s.lit(1)));
      },
    );
  }

  #match(inner: number): void {
    const values = [0n, 1n, 2n, 3n, 5n, 0x300n, 0x301n, 0x302n, 0xc00n, 0xffff_ffff_ffff_ffffn];
    const cases = Array.from({ length: 1 + this.#random.below(4) }, (_, i) => {
      const mine = values.filter((_value, k) => k % 4 === i);
      return [mine, this.#arm(inner)] as const;
    });
    const subject = this.#random.below(2) === 0 ? this.#s.and(this.#old(), this.#s.lit(7)) : this.#old();
    this.#s.match(subject, cases, this.#arm(inner));
  }

  result(): B['value'] {
    return this.#s.xor(this.#value(3), this.#random.pick(this.#cells).get());
  }
}

/** A procedure of three parameters that calls another random one. */
export function randomProc(seed: number, callee?: Proc): Proc {
  const params = callee === undefined ? ['a', 'b'] : ['a', 'b', 'c'];
  return proc(`random${seed >>> 0}`, params, (s, ...args) => {
    const cells = [s.cell(s.lit(seed)), s.cell(args[0] as never)];
    const body = new Body(s, seed, args, cells, callee);
    body.run(callee === undefined ? 3 : 6);
    return body.result();
  });
}
