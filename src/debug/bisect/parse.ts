/**
 * Reads a predicate. Grammar, with the precedence of C:
 *
 *     expression := operand { sign operand }
 *     operand    := ('-' | '~' | '!') operand | '(' expression ')' | number | 'tick' | register | symbol | '&' symbol
 *                 | ['p'] ('u' | 'i') ('8' | '16' | '32' | '64') '[' expression ']'
 *                 | 'in' '(' symbol ')' | 'console' '(' string | pattern ')'
 */

import { type BinarySign, type Expression, type Names, PRECEDENCE, type UnarySign } from './expression.ts';
import { badExpression, type Token, tokensOf } from './tokens.ts';

const MEMORY = /^(p?)([ui])(8|16|32|64)$/;

/** UserError 'bad-expression' with the column and what to write instead. */
export function parseExpression(source: string, names: Names): Expression {
  return new Parser(source, names).all();
}

class Parser {
  readonly #source: string;
  readonly #names: Names;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(source: string, names: Names) {
    this.#source = source;
    this.#names = names;
    this.#tokens = tokensOf(source);
  }

  all(): Expression {
    const expression = this.#binary(1);
    const token = this.#peek();
    if (token !== undefined) this.#refuse(`${JSON.stringify(token.text)} does not go on what stands before it`, token);
    return expression;
  }

  /** Operands joined by signs that bind at least as `precedence` does. */
  #binary(precedence: number): Expression {
    let left = this.#operand();
    for (;;) {
      const token = this.#peek();
      if (token?.kind !== 'sign') return left;
      if (token.text === '=') this.#fail('= is no comparison', token, 'write == to compare');
      if (!isBinary(token.text) || PRECEDENCE[token.text] < precedence) return left;
      this.#next++;
      const right = this.#binary(PRECEDENCE[token.text] + 1);
      left = { kind: 'binary', sign: token.text, left, right };
    }
  }

  #operand(): Expression {
    const token = this.#take('a value is missing');
    if (token.kind === 'number') return { kind: 'number', value: token.value };
    if (token.kind === 'name') return this.#named(token);
    if (token.kind !== 'sign') this.#fail('text stands only in console(…)', token, 'write console("text")');
    if (token.text === '(') return this.#closed(this.#binary(1), ')');
    if (isUnary(token)) return { kind: 'unary', sign: token.text, operand: this.#operand() };
    if (token.text === '&') return this.#symbol(this.#name('the name of a symbol follows &'));
    if (token.text === '*') this.#fail('memory is not read with *', token, 'write u64[ADDRESS], or u8, i32, …');
    return this.#refuse(`a value is expected before ${JSON.stringify(token.text)}`, token);
  }

  #named(token: Token): Expression {
    const { text } = token;
    const memory = MEMORY.exec(text);
    if (memory !== null && isSign(this.#peek(), '[')) return this.#memory(memory);
    if (text === 'in' && isSign(this.#peek(), '(')) return this.#in();
    if (text === 'console') return this.#console(token);
    if (text === 'tick') return { kind: 'tick' };
    return this.#names.isRegister(text) ? { kind: 'register', name: text } : this.#symbol(token);
  }

  #memory([, physical, sign, bits]: RegExpExecArray): Expression {
    this.#next++;
    const bytes = (Number(bits) / 8) as 1 | 2 | 4 | 8;
    const address = this.#closed(this.#binary(1), ']');
    return { kind: 'memory', bytes, signed: sign === 'i', physical: physical === 'p', address };
  }

  #in(): Expression {
    this.#next++;
    const token = this.#name('in(…) takes the name of a function');
    const { address, size } = this.#find(token);
    if (size === 0n) this.#fail(`the size of ${token.text} is not known`, token, 'compare pc with two addresses');
    return this.#closed({ kind: 'in', name: token.text, from: address, to: address + size }, ')');
  }

  #console(token: Token): Expression {
    const open = this.#take('console takes what to look for, in brackets');
    if (!isSign(open, '('))
      this.#fail('console takes what to look for', token, 'write console("text") or console(/…/)');
    const what = this.#take('text to look for is missing');
    if (what.kind === 'string') {
      return this.#closed({ kind: 'console', pattern: new RegExp(escaped(what.text)) }, ')');
    }
    if (what.kind !== 'pattern') this.#fail('console takes text', what, 'write console("text") or console(/…/)');
    try {
      return this.#closed({ kind: 'console', pattern: new RegExp(what.text, 'm') }, ')');
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return this.#fail(error.message, what, 'give a regular expression as JavaScript has them');
    }
  }

  #symbol(token: Token): Expression {
    return { kind: 'symbol', name: token.text, address: this.#find(token).address };
  }

  #find(token: Token): { readonly address: bigint; readonly size: bigint } {
    const found = this.#names.symbol(token.text);
    if (found !== undefined) return found;
    const close = [...this.#names.all()].filter((name) => isClose(name, token.text)).slice(0, 3);
    const remedy =
      close.length > 0 ? `did you mean ${close.join(' or ')}` : 'name a register, a symbol, or give a number';
    return this.#fail(`there is no register or symbol ${token.text}`, token, remedy);
  }

  #name(what: string): Token {
    const token = this.#take(what);
    return token.kind === 'name' ? token : this.#refuse(what, token);
  }

  #closed<T>(value: T, bracket: ')' | ']'): T {
    const token = this.#take(`${bracket} is missing`);
    return isSign(token, bracket) ? value : this.#refuse(`${bracket} is missing before ${token.text}`, token);
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#next];
  }

  #take(otherwise: string): Token {
    const token = this.#tokens[this.#next++];
    if (token !== undefined) return token;
    throw badExpression(this.#source, this.#source.length, otherwise, 'finish the expression');
  }

  #refuse(what: string, token: Token): never {
    this.#fail(what, token, 'see docs/diff.md for what can be said');
  }

  #fail(what: string, token: Token, remedy: string): never {
    throw badExpression(this.#source, token.at, what, remedy);
  }
}

const isBinary = (text: string): text is BinarySign => Object.hasOwn(PRECEDENCE, text);
const isUnary = (token: Token): token is Token & { readonly text: UnarySign } => ['-', '~', '!'].includes(token.text);
const isSign = (token: Token | undefined, text: string): boolean => token?.kind === 'sign' && token.text === text;
const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/** Equal but for case, or one letter more, less or other. */
function isClose(a: string, b: string): boolean {
  if (a.toLowerCase() === b.toLowerCase()) return true;
  if (a.length < b.length) return isClose(b, a);
  if (a.length > b.length + 1 || b === '') return false;
  let from = 0;
  while (from < b.length && a[from] === b[from]) from++;
  return a.slice(from + 1) === b.slice(a.length > b.length ? from : from + 1);
}
