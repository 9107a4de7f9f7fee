/**
 * The vocabulary bound to nothing: running a meaning writes down which words it used. Values carry no information and
 * register operands are their names. Both arms of a condition, each case of a match and one round of a loop are run.
 */

import type { HartField } from '../cpu/hart-layout.ts';
import type { Cell, Operands, Proc, Semantics } from './vocabulary.ts';

export type RegisterOperand = 'rd' | 'rs1' | 'rs2' | 'rs3';
/** Values and conditions are one token. */
interface Blank {
  readonly value: undefined;
  readonly cond: undefined;
  readonly reg: RegisterOperand;
}

/** What a meaning did by itself; what the procedures in `calls` do is not included. */
export interface Recording {
  readonly xReads: ReadonlySet<RegisterOperand>;
  readonly xWrites: ReadonlySet<RegisterOperand>;
  readonly fReads: ReadonlySet<RegisterOperand>;
  readonly fWrites: ReadonlySet<RegisterOperand>;
  readonly fieldReads: ReadonlySet<HartField>;
  readonly fieldWrites: ReadonlySet<HartField>;
  readonly calls: ReadonlySet<Proc>;
  /** Other words used. */
  readonly words: ReadonlySet<Word>;
}
/** Words whose use matters to who runs or translates a meaning. */
export type Word =
  | 'raise'
  /** A raise under no condition. */
  | 'alwaysRaise'
  | 'jump'
  | 'branch'
  | 'contextChanged'
  | 'pc'
  | 'load'
  | 'store'
  | 'amo'
  | 'loadReserved'
  | 'storeConditional'
  | 'fp'
  | 'ram'
  | 'device'
  | 'nondet'
  | 'pages';

class Recorder implements Semantics<Blank>, Recording {
  readonly xReads = new Set<RegisterOperand>();
  readonly xWrites = new Set<RegisterOperand>();
  readonly fReads = new Set<RegisterOperand>();
  readonly fWrites = new Set<RegisterOperand>();
  readonly fieldReads = new Set<HartField>();
  readonly fieldWrites = new Set<HartField>();
  readonly calls = new Set<Proc>();
  readonly words = new Set<Word>();

  readonly #pure = (): undefined => undefined;
  #note(word: Word): undefined {
    this.words.add(word);
    return undefined;
  }
  lit = this.#pure;
  add = this.#pure;
  sub = this.#pure;
  mul = this.#pure;
  mulh = this.#pure;
  mulhsu = this.#pure;
  mulhu = this.#pure;
  div = this.#pure;
  divu = this.#pure;
  rem = this.#pure;
  remu = this.#pure;
  and = this.#pure;
  or = this.#pure;
  xor = this.#pure;
  inv = this.#pure;
  sll = this.#pure;
  srl = this.#pure;
  sra = this.#pure;
  rotl = this.#pure;
  rotr = this.#pure;
  sext = this.#pure;
  zext = this.#pure;
  clz = this.#pure;
  ctz = this.#pure;
  cpop = this.#pure;
  eq = this.#pure;
  ne = this.#pure;
  lt = this.#pure;
  ltu = this.#pure;
  ge = this.#pure;
  geu = this.#pure;
  both = this.#pure;
  either = this.#pure;
  not = this.#pure;
  bool = this.#pure;
  select = this.#pure;
  let = this.#pure;
  letCond = this.#pure;
  nextPc = this.#pure;
  insn = this.#pure;
  ret = this.#pure;
  ramPages = this.#pure;
  cell = (): Cell<Blank> => ({ get: this.#pure, set: this.#pure });

  /** How many thunks are being run: what they do is done under some condition only. */
  #depth = 0;
  #arm(...thunks: readonly (() => void)[]): void {
    this.#depth++;
    for (const run of thunks) run();
    this.#depth--;
  }
  if(_c: undefined, then: () => void, otherwise: () => void = () => {}): void {
    this.#arm(then, otherwise);
  }
  match(_v: undefined, cases: readonly (readonly [readonly bigint[], () => void])[], otherwise: () => void): void {
    this.#arm(...cases.map(([, run]) => run), otherwise);
  }
  while(c: () => undefined, body: () => void): void {
    c();
    this.#arm(body);
  }

  x(r: RegisterOperand): undefined {
    this.xReads.add(r);
  }
  setX(r: RegisterOperand): void {
    this.xWrites.add(r);
  }
  f(r: RegisterOperand): undefined {
    this.fReads.add(r);
  }
  setF(r: RegisterOperand): void {
    this.fWrites.add(r);
  }
  get(field: HartField): undefined {
    this.fieldReads.add(field);
  }
  set(field: HartField): void {
    this.fieldWrites.add(field);
  }
  call(p: Proc): undefined {
    this.calls.add(p);
  }

  raise = (): undefined => this.#note(this.#depth === 0 ? 'alwaysRaise' : 'raise');
  jump = (): undefined => this.#note('jump');
  branch = (): undefined => this.#note('branch');
  contextChanged = (): undefined => this.#note('contextChanged');
  pc = (): undefined => this.#note('pc');
  load = (): undefined => this.#note('load');
  store = (): undefined => this.#note('store');
  amo(_addr: undefined, _width: 4 | 8, f: (old: undefined) => undefined): undefined {
    f(undefined);
    return this.#note('amo');
  }
  loadReserved = (): undefined => this.#note('loadReserved');
  storeConditional = (): undefined => this.#note('storeConditional');
  fp = (): undefined => this.#note('fp');
  hartLoad = this.#pure;
  hartStore = this.#pure;
  hartFill = this.#pure;
  ramLoad = (): undefined => this.#note('ram');
  ramStore = (): undefined => this.#note('ram');
  inRam = this.#pure;
  inDevice = this.#pure;
  hostAddr = this.#pure;
  mmioLoad = (): undefined => this.#note('device');
  mmioStore = (): undefined => this.#note('device');
  nondet = (): undefined => this.#note('nondet');
  pageFlags = (): undefined => this.#note('pages');
  setPageFlags = (): undefined => this.#note('pages');
  pageHash = (): undefined => this.#note('pages');
  watched = (): undefined => this.#note('pages');
  codeLines = (): undefined => this.#note('pages');
  setPageHash = (): undefined => this.#note('pages');
}

const operands: Operands<Blank> = {
  rd: 'rd',
  rs1: 'rs1',
  rs2: 'rs2',
  rs3: 'rs3',
  imm: undefined,
  shamt: undefined,
  csr: undefined,
  uimm: undefined,
  rm: undefined,
  aqrl: undefined,
};

/** Runs an instruction's body, or a procedure's, with nothing. */
export function record(meaning: Pick<Proc, 'body' | 'params'>): Recording {
  const recorder = new Recorder();
  meaning.body<Blank>(recorder, ...meaning.params.map(() => undefined));
  return recorder;
}
export function recordBody(body: (s: Semantics<Blank>, o: Operands<Blank>) => void): Recording {
  const recorder = new Recorder();
  body(recorder, operands);
  return recorder;
}
