/**
 * Builds a module: imports first, then functions, an optional table, exports, and what is expected of conditions.
 * WebAssembly core specification, "Binary Format / Modules"; "Branch Hint Section" of its code metadata.
 */

import { ByteSink } from './bytes.ts';
import { checkArgs, type Expr, type I32 } from './expr.ts';
import { FunctionBuilder } from './function.ts';
import { encodeFuncType, type FuncRef, type FuncType, typeText } from './instr.ts';

const BRANCH_HINTS = 'metadata.code.branch_hint';
const Section = { custom: 0, type: 1, import: 2, function: 3, table: 4, export: 7, element: 9, code: 10 } as const;
const Kind = { func: 0, table: 1, memory: 2 } as const;
const FUNCREF = 0x70;

type Import = { readonly module: string; readonly name: string } & (
  | { readonly kind: 'func'; readonly typeIndex: number }
  | { readonly kind: 'memory'; readonly minPages: number }
  | { readonly kind: 'table'; readonly minElements: number }
);

export class ModuleBuilder {
  readonly #types = new Map<string, { readonly index: number; readonly type: FuncType }>();
  readonly #indexes = new Map<FuncType, number>();
  readonly #imports: Import[] = [];
  #importedFuncs = 0;
  readonly #funcs: FunctionBuilder[] = [];
  readonly #exports: FuncRef[] = [];
  readonly #elements: FuncRef[] = [];
  #hasTable = false;
  readonly #atOnce: boolean;
  #isIndexed = false;

  /**
   * `atOnce`: bodies of functions are encoded as they are built, and cannot be read as text. Once one calls another
   * there can be no more imports.
   */
  constructor(atOnce = false) {
    this.#atOnce = atOnce;
  }

  /** The module's only memory, at least `minPages` of 64 KiB. */
  importMemory(module: string, name: string, minPages: number): void {
    this.#imports.push({ module, name, kind: 'memory', minPages });
  }

  /** The module's only function table, shared with other modules. Either this or `element`, not both. */
  importTable(module: string, name: string, minElements: number): void {
    this.#imports.push({ module, name, kind: 'table', minElements });
    this.#hasTable = true;
  }

  /** Imports take the first indexes, which is why those of functions are known only when all imports are. */
  importFunc(module: string, name: string, type: FuncType): FuncRef {
    if (this.#isIndexed) throw new Error(`${name} is imported after the number of a function was used`);
    this.#imports.push({ module, name, kind: 'func', typeIndex: this.typeIndex(type) });
    return { name, index: this.#importedFuncs++, type };
  }

  /** Declares a function; its body may be built later, before `encode`. */
  func(name: string, type: FuncType): FunctionBuilder {
    this.typeIndex(type);
    const position = this.#funcs.length;
    const index = (): number => {
      this.#isIndexed = true;
      return this.#importedFuncs + position;
    };
    const func = new FunctionBuilder(name, index, type, this.#atOnce);
    this.#funcs.push(func);
    return func;
  }

  /** Makes a function visible outside by its name. */
  export(func: FuncRef): void {
    this.#exports.push(func);
  }

  /** Puts a function into the module's own table; gives its element number. */
  element(func: FuncRef): number {
    if (this.#hasTable) throw new Error('the table is imported: its elements are set from outside');
    return this.#elements.push(func) - 1;
  }

  /** Emits a call through the table; results stay on the stack. */
  callIndirect(func: FunctionBuilder, type: FuncType, element: I32, args: readonly Expr[]): void {
    for (const arg of checkArgs(type, args, 'call_indirect')) func.emit(arg);
    func.emit(element);
    func.push({ op: 'call_indirect', type, typeIndex: this.typeIndex(type) });
  }

  /** Ends the function with a call through the table in its place. */
  returnCallIndirect(func: FunctionBuilder, type: FuncType, element: I32, args: readonly Expr[]): void {
    for (const arg of checkArgs(type, args, 'return_call_indirect')) func.emit(arg);
    func.emit(element);
    func.push({ op: 'return_call_indirect', type, typeIndex: this.typeIndex(type) });
  }

  typeIndex(type: FuncType): number {
    const seen = this.#indexes.get(type);
    if (seen !== undefined) return seen;
    const key = typeText(type);
    const index = this.#types.get(key)?.index ?? this.#types.size;
    this.#types.set(key, { index, type });
    this.#indexes.set(type, index);
    return index;
  }

  encode(): Uint8Array<ArrayBuffer> {
    const out = new ByteSink();
    out.append([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
    section(out, Section.type, [...this.#types.values()], (sink, { type }) => encodeFuncType(sink, type));
    section(out, Section.import, this.#imports, encodeImport);
    section(out, Section.function, this.#funcs, (sink, func) => sink.unsigned(this.typeIndex(func.type)));
    const tables = this.#elements.length > 0 ? [this.#elements.length] : [];
    section(out, Section.table, tables, (sink, size) => sink.append([FUNCREF, 0x01, ...leb(size), ...leb(size)]));
    section(out, Section.export, this.#exports, (sink, func) => {
      sink.name(func.name);
      sink.byte(Kind.func);
      sink.unsigned(func.index);
    });
    section(out, Section.element, tables, (sink, size) => {
      sink.append([0x00, 0x41, 0x00, 0x0b, ...leb(size)]);
      for (const func of this.#elements) sink.unsigned(func.index);
    });
    const bodies = this.#funcs.map((func) => {
      const sink = new ByteSink();
      func.encode(sink);
      return sink;
    });
    this.#encodeHints(out, bodies);
    section(out, Section.code, bodies, (sink, body) => {
      sink.sized(body);
    });
    return out.toBytes();
  }

  #encodeHints(out: ByteSink, bodies: readonly ByteSink[]): void {
    const hinted = [...bodies.entries()].filter(([, { marks }]) => marks.length > 0);
    if (hinted.length === 0) return;
    const sink = new ByteSink();
    sink.name(BRANCH_HINTS);
    sink.unsigned(hinted.length);
    for (const [position, { marks }] of hinted) {
      sink.unsigned(this.#importedFuncs + position);
      sink.unsigned(marks.length);
      for (const { at, value } of marks) {
        sink.unsigned(at);
        sink.unsigned(1);
        sink.byte(value);
      }
    }
    out.byte(Section.custom);
    out.sized(sink);
  }
}

function leb(value: number): Uint8Array {
  const sink = new ByteSink();
  sink.unsigned(value);
  return sink.toBytes();
}

/** A section is left out when it has no entries. */
function section<E>(
  out: ByteSink,
  id: number,
  entries: readonly E[],
  encode: (sink: ByteSink, entry: E) => void,
): void {
  if (entries.length === 0) return;
  const sink = new ByteSink();
  sink.unsigned(entries.length);
  for (const entry of entries) encode(sink, entry);
  out.byte(id);
  out.sized(sink);
}

function encodeImport(sink: ByteSink, entry: Import): void {
  sink.name(entry.module);
  sink.name(entry.name);
  sink.byte(Kind[entry.kind]);
  if (entry.kind === 'func') {
    sink.unsigned(entry.typeIndex);
  } else {
    if (entry.kind === 'table') sink.byte(FUNCREF);
    sink.byte(0x00);
    sink.unsigned(entry.kind === 'memory' ? entry.minPages : entry.minElements);
  }
}
