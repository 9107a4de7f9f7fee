/**
 * What gdb says in its machine interface, a line at a time. gdb manual, "GDB/MI Output Syntax". A line that is none of
 * its records is what somebody else wrote on the same stream, and is kept as text.
 *
 *     [token]^class,name=value,…    result            ~"…"  console    @"…"  target    &"…"  log
 *     [token]*class,name=value,…    exec, =: notify, +: status         (gdb)          prompt
 */

/** A string as gdb sent it, a tuple, or a list; of a list of `name=value` the values are kept. */
export type MiValue = string | MiTuple | readonly MiValue[];
export interface MiTuple {
  readonly [name: string]: MiValue;
}

/** What gdb answers to a command, by the command's token. */
export interface MiResult {
  readonly kind: 'result';
  readonly token: number | undefined;
  readonly class: string;
  readonly results: MiTuple;
}

export type MiRecord =
  | MiResult
  | {
      readonly kind: 'exec' | 'notify' | 'status';
      readonly token: number | undefined;
      readonly class: string;
      readonly results: MiTuple;
    }
  | { readonly kind: 'console' | 'target' | 'log' | 'other'; readonly text: string }
  | { readonly kind: 'prompt' };

const KINDS = { '^': 'result', '*': 'exec', '=': 'notify', '+': 'status' } as const;
const STREAMS = { '~': 'console', '@': 'target', '&': 'log' } as const;
const LETTERS: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, f: 12, v: 11, b: 8, a: 7, e: 27 };
/** Deeper values are not believed: gdb's own end far above. */
const DEPTH_MAX = 200;
const utf8 = new TextDecoder();
const encoder = new TextEncoder();

class Malformed extends Error {}

/** One line, without its end. */
export function parseMi(line: string): MiRecord {
  if (/^\(gdb\) ?$/.test(line)) return { kind: 'prompt' };
  try {
    return streamOf(line) ?? resultOf(line) ?? { kind: 'other', text: line };
  } catch (error) {
    if (error instanceof Malformed) return { kind: 'other', text: line };
    throw error;
  }
}

function streamOf(line: string): MiRecord | undefined {
  const kind = STREAMS[line[0] as keyof typeof STREAMS];
  if (kind === undefined || line[1] !== '"') return undefined;
  const scanner = new Scanner(line, 1);
  const text = scanner.string();
  scanner.end();
  return { kind, text };
}

function resultOf(line: string): MiRecord | undefined {
  const [head, token = '', sign = '', name = ''] = /^(\d{0,15})([\^*=+])([a-z][a-z-]*)/.exec(line) ?? [];
  if (head === undefined) return undefined;
  const scanner = new Scanner(line, head.length);
  const results: (readonly [string, MiValue])[] = [];
  while (scanner.skip(',')) results.push(scanner.result(0));
  scanner.end();
  const kind = KINDS[sign as keyof typeof KINDS];
  return { kind, token: token === '' ? undefined : Number(token), class: name, results: tupleOf(results) };
}

/** Without a prototype: names are gdb's to choose. */
const tupleOf = (results: readonly (readonly [string, MiValue])[]): MiTuple =>
  Object.assign(Object.create(null) as MiTuple, Object.fromEntries(results));

class Scanner {
  readonly #line: string;
  #at: number;

  constructor(line: string, at: number) {
    this.#line = line;
    this.#at = at;
  }

  skip(sign: string): boolean {
    if (this.#line[this.#at] !== sign) return false;
    this.#at += 1;
    return true;
  }

  end(): void {
    if (this.#at !== this.#line.length) throw new Malformed();
  }

  result(depth: number): readonly [string, MiValue] {
    const name = this.#name();
    if (name === undefined || !this.skip('=')) throw new Malformed();
    return [name, this.value(depth)];
  }

  value(depth: number): MiValue {
    if (depth > DEPTH_MAX) throw new Malformed();
    if (this.skip('{')) return tupleOf(this.#items('}', () => this.result(depth + 1)));
    if (this.skip('[')) return this.#items(']', () => this.#element(depth + 1));
    return this.string();
  }

  /** C's escapes. Octal ones are bytes of UTF-8. */
  string(): string {
    if (!this.skip('"')) throw new Malformed();
    const bytes: number[] = [];
    for (;;) {
      const [plain] = /^[^"\\]*/.exec(this.#line.slice(this.#at)) as RegExpExecArray;
      bytes.push(...encoder.encode(plain));
      this.#at += plain.length;
      if (this.skip('"')) return utf8.decode(Uint8Array.from(bytes));
      if (!this.skip('\\')) throw new Malformed();
      bytes.push(...this.#escaped());
    }
  }

  #escaped(): Iterable<number> {
    const [octal] = /^[0-7]{3}/.exec(this.#line.slice(this.#at, this.#at + 3)) ?? [];
    if (octal !== undefined) {
      this.#at += 3;
      return [Number.parseInt(octal, 8) & 0xff];
    }
    const letter = this.#line[this.#at];
    if (letter === undefined) throw new Malformed();
    this.#at += 1;
    return [LETTERS[letter] ?? letter.charCodeAt(0) & 0xff];
  }

  /** A list holds values or `name=value`, of which the names say nothing new. */
  #element(depth: number): MiValue {
    return /^["{[]/.test(this.#line.slice(this.#at, this.#at + 1)) ? this.value(depth) : this.result(depth)[1];
  }

  #items<T>(close: string, item: () => T): T[] {
    const items: T[] = [];
    if (this.skip(close)) return items;
    do items.push(item());
    while (this.skip(','));
    if (!this.skip(close)) throw new Malformed();
    return items;
  }

  #name(): string | undefined {
    const [name] = /^[A-Za-z_][\w-]*/.exec(this.#line.slice(this.#at, this.#at + 80)) ?? [];
    this.#at += name?.length ?? 0;
    return name;
  }
}
