/**
 * What a predicate says, as a tree. Values are 64-bit words, signed or unsigned by their kind as in C: registers and
 * numbers are signed, addresses (pc, symbols, CSRs) and `u64` are unsigned, and an operation on both is unsigned.
 */

export type Expression =
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'tick' }
  | { readonly kind: 'register'; readonly name: string }
  | { readonly kind: 'symbol'; readonly name: string; readonly address: bigint }
  /** Whether pc lies in a function. */
  | { readonly kind: 'in'; readonly name: string; readonly from: bigint; readonly to: bigint }
  /** Whether the console has said this by now. */
  | { readonly kind: 'console'; readonly pattern: RegExp }
  /** Little-endian; `physical`: by physical address. */
  | {
      readonly kind: 'memory';
      readonly bytes: 1 | 2 | 4 | 8;
      readonly signed: boolean;
      readonly physical: boolean;
      readonly address: Expression;
    }
  | { readonly kind: 'unary'; readonly sign: UnarySign; readonly operand: Expression }
  | { readonly kind: 'binary'; readonly sign: BinarySign; readonly left: Expression; readonly right: Expression };

export type UnarySign = '-' | '~' | '!';
export type BinarySign = keyof typeof PRECEDENCE;

/** As in C: the greater binds first. */
export const PRECEDENCE = {
  '||': 1,
  '&&': 2,
  '|': 3,
  '^': 4,
  '&': 5,
  '==': 6,
  '!=': 6,
  '<': 7,
  '<=': 7,
  '>': 7,
  '>=': 7,
  '<<': 8,
  '>>': 8,
  '+': 9,
  '-': 9,
  '*': 10,
  '/': 10,
  '%': 10,
} as const;

/** What a name may mean. */
export interface Names {
  isRegister(name: string): boolean;
  /** All names, for suggestions. */
  all(): Iterable<string>;
  /** `size` 0: not known. */
  symbol(name: string): { readonly address: bigint; readonly size: bigint } | undefined;
}

/** Whether what the console has said must be known. */
export function asksConsole(expression: Expression): boolean {
  switch (expression.kind) {
    case 'console':
      return true;
    case 'memory':
      return asksConsole(expression.address);
    case 'unary':
      return asksConsole(expression.operand);
    case 'binary':
      return asksConsole(expression.left) || asksConsole(expression.right);
    default:
      return false;
  }
}
