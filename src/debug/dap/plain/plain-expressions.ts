/** Expressions without gdb: those of `lockstep bisect`, over registers, memory and symbols. */

import { UserError } from '../../../lib/errors.ts';
import { BoardMoment, namesOf } from '../../bisect/board-moment.ts';
import { type Predicate, predicateOf, valueAt } from '../../bisect/evaluate.ts';
import { asksConsole, type Expression, type Names } from '../../bisect/expression.ts';
import { parseExpression } from '../../bisect/parse.ts';
import type { Shown, Watched } from '../debugger.ts';
import { hex, type MachineView } from '../machine-view.ts';

const WATCHED_MAX = 8;

export class PlainExpressions {
  readonly #view: MachineView;
  readonly #names: Names;
  readonly #moment: BoardMoment;

  constructor(view: MachineView) {
    this.#view = view;
    this.#names = namesOf(view.symbols);
    this.#moment = new BoardMoment(view.board, () => false);
  }

  /** UserError with what is wrong. */
  shown(text: string): Shown {
    const value = valueAt(this.#parse(text), this.#moment);
    if (value === undefined)
      throw new UserError('no-value', `${text} has no value: it is not mapped to memory now`, '');
    const bits = BigInt.asUintN(64, value);
    const shown = { name: text, value: `${value} (${hex(bits)})`, expression: async () => text };
    return bits > 0xfffn ? { ...shown, memory: bits } : shown;
  }

  /** Whether a condition holds, to be asked at any moment. UserError. */
  condition(text: string): () => boolean {
    const predicate: Predicate = predicateOf(this.#parse(text));
    return () => predicate(this.#moment);
  }

  /** `symbol`, `u32[address]` or an address: the bytes there. UserError. */
  locate(text: string): Watched {
    const expression = this.#parse(text);
    if (expression.kind === 'memory' && !expression.physical) {
      const address = valueAt(expression.address, this.#moment);
      if (address !== undefined) return { address: BigInt.asUintN(64, address), length: expression.bytes };
    }
    if (expression.kind === 'symbol') {
      const size = this.#view.symbols.find(expression.name)?.size ?? 0n;
      return { address: expression.address, length: size > 0n && size <= WATCHED_MAX ? Number(size) : WATCHED_MAX };
    }
    if (expression.kind === 'number') return { address: BigInt.asUintN(64, expression.value), length: WATCHED_MAX };
    throw new UserError('no-place', `${text} is no place in memory`, 'give a symbol, u32[address] or an address');
  }

  #parse(text: string): Expression {
    // gdb's way to name a register.
    const expression = parseExpression(text.replace(/\$(?=[a-z])/g, ''), this.#names);
    if (!asksConsole(expression)) return expression;
    throw new UserError('bad-expression', 'what the console said is not known here', 'see: lockstep bisect');
  }
}
