/**
 * The words of a predicate: numbers, names, strings, patterns and signs, each with its column for errors.
 */

import { UserError } from '../../lib/errors.ts';

export type Token =
  | { readonly kind: 'number'; readonly at: number; readonly text: string; readonly value: bigint }
  | { readonly kind: 'name' | 'string' | 'pattern' | 'sign'; readonly at: number; readonly text: string };

/** Longer signs first: the first that fits is taken. */
const SIGNS = [
  ...['&&', '||', '==', '!=', '<=', '>=', '<<', '>>'],
  ...['<', '>', '+', '-', '*', '/', '%', '&', '|', '^', '~', '!', '(', ')', '[', ']', '='],
];
const NAME = /[A-Za-z_.][\w.$]*/y;
const NUMBER = /(?:0[xX][\da-fA-F_]+|0[bB][01_]+|\d[\d_]*)(?![\w.])/y;
const STRING = /"((?:[^"\\]|\\.)*)"/y;
const PATTERN = /\/((?:[^/\\]|\\.)+)\//y;

/** UserError for a sign that means nothing here. `text` of a string or pattern is what stands between its quotes. */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < source.length; ) {
    if (/\s/.test(source[at]!)) {
      at++;
      continue;
    }
    const { token, end } = tokenAt(source, at, tokens.at(-1));
    tokens.push(token);
    at = end;
  }
  return tokens;
}

function tokenAt(source: string, at: number, before: Token | undefined): { token: Token; end: number } {
  const found = (form: RegExp): RegExpExecArray | null => {
    form.lastIndex = at;
    return form.exec(source);
  };
  const number = found(NUMBER);
  if (number !== null) {
    const [text] = number;
    return { token: { kind: 'number', at, text, value: wordOf(source, at, text) }, end: at + text.length };
  }
  const name = found(NAME);
  if (name !== null) return { token: { kind: 'name', at, text: name[0] }, end: at + name[0].length };
  const string = found(STRING);
  if (string !== null) {
    return { token: { kind: 'string', at, text: unquoted(string[1]!) }, end: at + string[0].length };
  }
  const pattern = isOperandNext(before) ? found(PATTERN) : null;
  if (pattern !== null) return { token: { kind: 'pattern', at, text: pattern[1]! }, end: at + pattern[0].length };
  const sign = SIGNS.find((text) => source.startsWith(text, at));
  if (sign !== undefined) return { token: { kind: 'sign', at, text: sign }, end: at + sign.length };
  if (source[at] === '"') throw badExpression(source, at, 'a string begins that does not end', 'close it with "');
  const word = /^\S+/.exec(source.slice(at))![0];
  throw badExpression(source, at, `${JSON.stringify(word)} is not understood`, 'see docs/diff.md for what can be said');
}

/** A slash begins a pattern where a value is expected, and divides elsewhere. */
const isOperandNext = (before: Token | undefined): boolean =>
  before === undefined || (before.kind === 'sign' && before.text !== ')' && before.text !== ']');

function wordOf(source: string, at: number, text: string): bigint {
  const digits = text.replaceAll('_', '');
  const value = /^0[xXbB]$/.test(digits) ? undefined : BigInt(digits);
  if (value !== undefined && value < 1n << 64n) return value;
  throw badExpression(source, at, `${text} is not a number of 64 bits`, 'give 0 to 0xffffffffffffffff');
}

const unquoted = (text: string): string =>
  text.replaceAll(/\\(.)/g, (_, letter: string) => ({ n: '\n', t: '\t', r: '\r' })[letter] ?? letter);

/** Where and what is wrong in an expression. `at` counts from 0. */
export const badExpression = (source: string, at: number, what: string, remedy: string): UserError =>
  new UserError('bad-expression', `in ${JSON.stringify(source)} at column ${at + 1}: ${what}`, remedy);
