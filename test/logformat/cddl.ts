/**
 * Checks values against a schema in the part of CDDL (RFC 8610) that docs/log-format.cddl uses: rules, maps, arrays,
 * choices, literals, ranges, `?` and `*` members, tags, `.size` and `.cbor`. A construct outside of it is an error.
 */
import { decode } from '../../src/logformat/cbor.ts';

/** A tagged item, which lockstep's own decoder does not know. */
export class Tagged {
  readonly tag: number;
  readonly value: unknown;
  constructor(tag: number, value: unknown) {
    this.tag = tag;
    this.value = value;
  }
}

/** Gives the first disagreement as text, or undefined. */
type Check = (value: unknown, path: string) => string | undefined;
interface Member {
  readonly key: string | undefined;
  readonly occurs: '' | '?' | '*';
  readonly check: Check;
}

const TOKEN = /\s+|;[^\n]*|(#6\.\d+|\.\.|\.size|\.cbor|=>|"[^"]*"|\d+|[a-zA-Z][\w-]*|[[\]{}(),:=/?*])/y;

export function parseCddl(text: string): ReadonlyMap<string, Check> {
  const rules = new Map<string, Check>();
  const tokens = tokenize(text);
  let at = 0;
  const peek = (ahead = 0): string | undefined => tokens[at + ahead];
  const next = (wanted?: string): string => {
    const token = tokens[at++];
    if (token === undefined || (wanted !== undefined && token !== wanted))
      throw new Error(`CDDL: ${wanted} expected, not ${token}`);
    return token;
  };

  const choice = (): Check => {
    const options = [single()];
    while (peek() === '/') {
      next('/');
      options.push(single());
    }
    return (value, path) => {
      const errors = options.map((option) => option(value, path));
      return errors.includes(undefined) ? undefined : errors.join(' or ');
    };
  };

  const single = (): Check => {
    const base = primary();
    if (peek() === '.size') {
      next();
      const size = Number(next());
      return (value, path) =>
        base(value, path) ?? ((value as Uint8Array).length === size ? undefined : `${path}: not ${size} bytes`);
    }
    if (peek() === '.cbor') {
      next();
      const inner = primary();
      return (value, path) => base(value, path) ?? inner(decode(value as Uint8Array), `${path}.cbor`);
    }
    return base;
  };

  const primary = (): Check => {
    const token = next();
    if (token === '{') return mapOf(members('}'));
    if (token === '[') return arrayOf(members(']'));
    if (token.startsWith('#6.')) {
      next('(');
      const inner = choice();
      next(')');
      const tag = Number(token.slice(3));
      return (value, path) =>
        value instanceof Tagged && value.tag === tag ? inner(value.value, path) : `${path}: no tag ${tag}`;
    }
    if (/^\d/.test(token)) {
      const low = BigInt(token);
      if (peek() !== '..')
        return (value, path) => (isInt(value) && BigInt(value) === low ? undefined : `${path}: not ${low}`);
      next('..');
      const high = BigInt(next());
      return (value, path) =>
        isInt(value) && BigInt(value) >= low && BigInt(value) <= high ? undefined : `${path}: not ${low}..${high}`;
    }
    if (token.startsWith('"'))
      return (value, path) => (value === token.slice(1, -1) ? undefined : `${path}: not ${token}`);
    const test = PRELUDE[token];
    if (test !== undefined) return (value, path) => (test(value) ? undefined : `${path}: not ${token}`);
    return (value, path) => {
      const rule = rules.get(token);
      if (rule === undefined) throw new Error(`CDDL: no rule ${token}`);
      return rule(value, path);
    };
  };

  const members = (close: string): Member[] => {
    const list: Member[] = [];
    while (peek() !== close) {
      const occurs = peek() === '?' || peek() === '*' ? (next() as '?' | '*') : '';
      let key: string | undefined;
      if (peek(1) === ':') {
        key = next();
        next(':');
      } else if (peek(1) === '=>') {
        next('tstr');
        next('=>');
      }
      list.push({ key, occurs, check: choice() });
      if (peek() === ',') next(',');
    }
    next(close);
    return list;
  };

  while (peek() !== undefined) {
    const name = next();
    next('=');
    rules.set(name, choice());
  }
  return rules;
}

const isInt = (value: unknown): value is number | bigint => typeof value === 'bigint' || Number.isInteger(value);

const PRELUDE: { readonly [name: string]: (value: unknown) => boolean } = {
  int: isInt,
  uint: (value) => isInt(value) && value >= 0,
  tstr: (value) => typeof value === 'string',
  bstr: (value) => value instanceof Uint8Array,
  bool: (value) => typeof value === 'boolean',
  null: (value) => value === null,
};

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const from = TOKEN.lastIndex;
    const found = TOKEN.exec(text);
    if (found === null) throw new Error(`CDDL: cannot read ${text.slice(from, from + 20)}`);
    if (found[1] !== undefined) tokens.push(found[1]);
  }
  return tokens;
}

function mapOf(members: readonly Member[]): Check {
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array)
      return `${path}: not a map`;
    const map = value as { readonly [key: string]: unknown };
    const named = members.filter(({ key }) => key !== undefined);
    for (const { key, occurs, check } of named) {
      if (key! in map) {
        const error = check(map[key!], `${path}.${key}`);
        if (error !== undefined) return error;
      } else if (occurs === '') return `${path}.${key}: missing`;
    }
    const rest = members.find(({ key }) => key === undefined);
    for (const [key, each] of Object.entries(map)) {
      if (named.some((member) => member.key === key)) continue;
      const error = rest === undefined ? `${path}.${key}: unknown` : rest.check(each, `${path}.${key}`);
      if (error !== undefined) return error;
    }
    return undefined;
  };
}

function arrayOf(members: readonly Member[]): Check {
  return (value, path) => {
    if (!Array.isArray(value)) return `${path}: not an array`;
    const [first] = members;
    const many = first?.occurs === '*';
    if (!many && value.length !== members.length) return `${path}: ${value.length} items, not ${members.length}`;
    for (const [i, each] of value.entries()) {
      const member = many ? first : members[i]!;
      const error = member.check(each, `${path}[${member.key ?? i}]`);
      if (error !== undefined) return error;
    }
    return undefined;
  };
}
