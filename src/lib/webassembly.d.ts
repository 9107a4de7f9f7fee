/**
 * The part of the WebAssembly JavaScript API that lockstep uses. TypeScript ships these types only inside the browser
 * library, which would also put `window` and `fetch` in scope. Spec: WebAssembly JavaScript Interface 2.0.
 */
declare namespace WebAssembly {
  type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'anyfunc' | 'externref';
  type ImportExportKind = 'function' | 'global' | 'memory' | 'table';
  type ExportValue = Function | Global | Memory | Table;
  type Exports = Record<string, ExportValue>;
  type Imports = Record<string, Record<string, ExportValue | number | bigint>>;

  interface ModuleExportDescriptor {
    readonly name: string;
    readonly kind: ImportExportKind;
  }

  interface ModuleImportDescriptor extends ModuleExportDescriptor {
    readonly module: string;
  }

  class Module {
    constructor(bytes: ArrayBufferView<ArrayBuffer> | ArrayBuffer);
    static exports(module: Module): ModuleExportDescriptor[];
    static imports(module: Module): ModuleImportDescriptor[];
  }

  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Exports;
  }

  /** Sizes in pages of 65536 bytes. The buffer is a SharedArrayBuffer when `shared` was asked for. */
  class Memory {
    constructor(descriptor: {
      readonly initial: number;
      readonly maximum?: number;
      readonly shared?: boolean;
    });
    readonly buffer: ArrayBuffer;
    grow(delta: number): number;
  }

  /** Sizes in elements. */
  class Table {
    constructor(
      descriptor: {
        readonly element: 'anyfunc' | 'externref';
        readonly initial: number;
        readonly maximum?: number;
      },
      value?: unknown,
    );
    readonly length: number;
    get(index: number): Function | null;
    set(index: number, value?: Function | null): void;
    grow(delta: number, value?: Function | null): number;
  }

  class Global {
    constructor(descriptor: { readonly value: ValueType; readonly mutable?: boolean }, value?: number | bigint);
    value: number | bigint;
    valueOf(): number | bigint;
  }

  class CompileError extends Error {}
  class LinkError extends Error {}
  class RuntimeError extends Error {}

  function compile(bytes: ArrayBufferView<ArrayBuffer> | ArrayBuffer): Promise<Module>;
  function instantiate(module: Module, imports?: Imports): Promise<Instance>;
  function validate(bytes: ArrayBufferView<ArrayBuffer> | ArrayBuffer): boolean;
}
