/**
 * Blanks what is not code out of TypeScript source, keeping every line break and column, so that the tidy rules can
 * use small patterns. Not a parser: a slash opens a regular expression when no value can end just before it.
 */

/** Words after which a slash begins a regular expression, not a division. */
const BEFORE_REGEXP = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void|delete))\s*$/;

export interface Stripped {
  /** Comments blanked; strings kept (for import specifiers). */
  readonly withStrings: string;
  /** Comments, strings, regular expressions and the fixed parts of templates blanked. */
  readonly code: string;
}

/** Requires source that parses; otherwise the answer is meaningless but still has the same length. */
export function strip(source: string): Stripped {
  const withStrings = source.split('');
  const code = source.split('');
  const blank = (out: string[], from: number, to: number): void => {
    for (let i = from; i < to; i++) if (source[i] !== '\n') out[i] = ' ';
  };
  /** Brace depth of each template substitution we are inside of, innermost last. */
  const substitutions: number[] = [];
  let at = 0;

  /** From just after a backtick or the closing brace of a substitution, to its end or the next substitution. */
  const template = (from: number): number => {
    let i = from;
    while (i < source.length && source[i] !== '`') {
      if (source[i] === '$' && source[i + 1] === '{') {
        substitutions.push(0);
        blank(code, from, i);
        return i + 2;
      }
      i += source[i] === '\\' ? 2 : 1;
    }
    blank(code, from, i);
    return i + 1;
  };

  while (at < source.length) {
    const end = tokenEnd(source, at, code);
    const char = source[at]!;
    if (end !== undefined) {
      if (end.kind === 'comment') blank(withStrings, at, end.to);
      if (end.kind === 'comment') blank(code, at, end.to);
      else blank(code, at + 1, end.to - 1);
      at = end.to;
    } else if (char === '`') {
      at = template(at + 1);
    } else {
      const depth = substitutions.at(-1);
      if (depth !== undefined && char === '{') substitutions[substitutions.length - 1] = depth + 1;
      if (depth !== undefined && char === '}') substitutions[substitutions.length - 1] = depth - 1;
      if (depth === 0 && char === '}') {
        substitutions.pop();
        at = template(at + 1);
      } else {
        at++;
      }
    }
  }
  return { withStrings: withStrings.join(''), code: code.join('') };
}

/** Kind and end of the comment, string or regular expression that starts at `at`, or undefined when none does. */
function tokenEnd(source: string, at: number, code: readonly string[]): { kind: string; to: number } | undefined {
  const match = (pattern: RegExp, kind: string) => {
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    return found === null ? undefined : { kind, to: at + found[0].length };
  };
  const char = source[at];
  if (char === "'") return match(/'(?:\\[\s\S]|[^'\\\n])*'/y, 'string');
  if (char === '"') return match(/"(?:\\[\s\S]|[^"\\\n])*"/y, 'string');
  if (char !== '/') return undefined;
  if (source[at + 1] === '/') return match(/\/\/[^\n]*/y, 'comment');
  if (source[at + 1] === '*') return match(/\/\*[\s\S]*?\*\//y, 'comment');
  if (!BEFORE_REGEXP.test(code.slice(Math.max(0, at - 200), at).join(''))) return undefined;
  return match(/\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y, 'regexp');
}
