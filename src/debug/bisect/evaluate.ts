/**
 * The value of a predicate at a moment of a guest. Memory that is not mapped has no value, and neither has what is made
 * of it, except where the other side of `&&` or `||` decides; what has no value does not hold.
 *
 * Invariant: a signed value is -2^63 to 2^63-1, an unsigned one 0 to 2^64-1; which of them is known before it is run.
 */

import type { BinarySign, Expression } from './expression.ts';

/** A guest at a moment, as predicates see it. 64 bits, unsigned, where nothing else is said. */
export interface GuestMoment {
  readonly tick: bigint;
  register(name: string): bigint;
  /** Little-endian; undefined where not all of it is mapped to RAM. */
  memory(address: bigint, bytes: 1 | 2 | 4 | 8, physical: boolean): bigint | undefined;
  /** Whether the console has said this by now. */
  said(pattern: RegExp): boolean;
}

export type Predicate = (guest: GuestMoment) => boolean;

type Value = bigint | undefined;
interface Compiled {
  readonly unsigned: boolean;
  readonly value: (guest: GuestMoment) => Value;
}
type Kind<K extends Expression['kind']> = Extract<Expression, { readonly kind: K }>;

export function predicateOf(expression: Expression): Predicate {
  const { value } = compile(expression);
  return (guest) => truth(value(guest)) === true;
}

/** The value itself, for reports: undefined where it has none. */
export function valueAt(expression: Expression, guest: GuestMoment): bigint | undefined {
  return compile(expression).value(guest);
}

function compile(expression: Expression): Compiled {
  switch (expression.kind) {
    case 'number':
      return constant(expression.value, expression.value >= 1n << 63n);
    case 'symbol':
      return constant(expression.address, true);
    case 'tick':
      return { unsigned: true, value: (guest) => guest.tick };
    case 'register':
      return register(expression.name);
    case 'memory':
      return memory(expression);
    case 'in':
      return flag((guest) => {
        const pc = guest.register('pc');
        return pc >= expression.from && pc < expression.to;
      });
    case 'console':
      return flag((guest) => guest.said(expression.pattern));
    case 'unary':
      return unary(expression);
    default:
      return binary(expression);
  }
}

const wrapped = (value: bigint, unsigned: boolean): bigint =>
  unsigned ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value);
const truth = (value: Value): boolean | undefined => (value === undefined ? undefined : value !== 0n);
const constant = (value: bigint, unsigned: boolean): Compiled => ({ unsigned, value: () => value });
const flag = (holds: (guest: GuestMoment) => boolean | undefined): Compiled => ({
  unsigned: false,
  value: (guest) => {
    const held = holds(guest);
    return held === undefined ? undefined : held ? 1n : 0n;
  },
});

/** Integer registers are signed; pc and CSRs are addresses and bit fields. */
function register(name: string): Compiled {
  const unsigned = !/^(?:x\d+|zero|ra|[sgtf]p|[ast]\d+)$/.test(name);
  return { unsigned, value: (guest) => wrapped(guest.register(name), unsigned) };
}

function memory({ bytes, signed, physical, address }: Kind<'memory'>): Compiled {
  const at = compile(address);
  const read = (guest: GuestMoment): Value => {
    const place = at.value(guest);
    const value = place === undefined ? undefined : guest.memory(wrapped(place, true), bytes, physical);
    return value === undefined || !signed ? value : BigInt.asIntN(8 * bytes, value);
  };
  return { unsigned: !signed && bytes === 8, value: read };
}

function unary({ sign, operand }: Kind<'unary'>): Compiled {
  const { unsigned, value } = compile(operand);
  if (sign === '!') return flag((guest) => not(truth(value(guest))));
  const apply = (given: bigint): bigint => wrapped(sign === '-' ? -given : ~given, unsigned);
  return {
    unsigned,
    value: (guest) => {
      const given = value(guest);
      return given === undefined ? undefined : apply(given);
    },
  };
}
const not = (held: boolean | undefined): boolean | undefined => (held === undefined ? undefined : !held);

function binary({ sign, left, right }: Kind<'binary'>): Compiled {
  const [a, b] = [compile(left), compile(right)];
  if (sign === '&&' || sign === '||') return logical(sign === '||', a, b);
  // The count of a shift does not decide how it is done.
  const unsigned = a.unsigned || (b.unsigned && sign !== '<<' && sign !== '>>');
  const apply = OPERATIONS[sign];
  return {
    unsigned: COMPARISONS.has(sign) ? false : unsigned,
    value: (guest) => {
      const [x, y] = [a.value(guest), b.value(guest)];
      if (x === undefined || y === undefined) return undefined;
      const result = apply(wrapped(x, unsigned), wrapped(y, unsigned));
      return typeof result === 'boolean'
        ? result
          ? 1n
          : 0n
        : result === undefined
          ? undefined
          : wrapped(result, unsigned);
    },
  };
}

/** `decider`: the value of one side that decides, whatever the other is. */
function logical(decider: boolean, a: Compiled, b: Compiled): Compiled {
  return flag((guest) => {
    const x = truth(a.value(guest));
    if (x === decider) return decider;
    const y = truth(b.value(guest));
    if (y === decider) return decider;
    return x === undefined || y === undefined ? undefined : !decider;
  });
}

const COMPARISONS: ReadonlySet<BinarySign> = new Set(['==', '!=', '<', '<=', '>', '>=']);

type Operation = (a: bigint, b: bigint) => bigint | boolean | undefined;
/** Of numbers that fit; a division by zero has no value; a shift counts modulo 64, as the processor's. */
const OPERATIONS: { readonly [sign in Exclude<BinarySign, '&&' | '||'>]: Operation } = {
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '&': (a, b) => a & b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '<<': (a, b) => a << (b & 63n),
  '>>': (a, b) => a >> (b & 63n),
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => (b === 0n ? undefined : a / b),
  '%': (a, b) => (b === 0n ? undefined : a % b),
};
