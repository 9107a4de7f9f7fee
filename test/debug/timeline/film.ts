/**
 * A recording seen tick by tick in a plain replay: what stops must be found is read off it, with no part of the
 * timeline.
 */
import type { Hit, StopReason } from '../../../src/debug/timeline/stops.ts';
import { tick } from '../../../src/lib/brands.ts';
import { isInput } from '../../../src/session/translate.ts';
import { PlainReplay } from './support.ts';

export interface Picture {
  readonly pc: bigint;
  readonly priv: bigint;
  readonly x: readonly bigint[];
  readonly mstatus: bigint;
  readonly mcause: bigint;
  readonly mepc: bigint;
  readonly mtvec: bigint;
  /** Bytes of RAM that are looked at. */
  readonly bytes: string;
}

const INTERRUPT = 1n << 63n;
const MIE = 8n;

export class Film {
  readonly first: bigint;
  readonly pictures: readonly Picture[];
  readonly #plain: PlainReplay;

  /** Ticks `first` to `last`; looks at `length` bytes of RAM at `pa`. */
  constructor(file: string, first: bigint, last: bigint, pa = 0x8000_0000n, length = 8) {
    this.first = first;
    this.#plain = new PlainReplay(file);
    const [hart] = this.#plain.board.harts;
    this.pictures = Array.from({ length: Number(last - first) + 1 }, (_, i) => {
      this.#plain.to(first + BigInt(i));
      const [priv, mstatus, mcause] = [hart!.get('priv'), hart!.get('mstatus'), hart!.get('mcause')];
      const [mepc, mtvec] = [hart!.get('mepc'), hart!.get('mtvec')];
      const x = Array.from({ length: 32 }, (__, r) => hart!.x(r));
      const bytes = Buffer.from(this.#plain.board.ram.read(pa, length)).toString('hex');
      return { pc: this.#plain.board.pc, priv, x, mstatus, mcause, mepc, mtvec, bytes };
    });
  }

  get last(): bigint {
    return this.first + BigInt(this.pictures.length - 1);
  }

  at(at: bigint): Picture {
    return this.pictures[Number(at - this.first)]!;
  }

  /** An interrupt to M came before the step that begins at `t`. */
  interrupted(t: bigint): boolean {
    const [now, then] = [this.at(t), this.at(t + 1n)];
    const entered = then.pc >= then.mtvec && then.pc <= then.mtvec + 4n;
    const left = (now.mstatus & MIE) !== 0n && (then.mstatus & MIE) === 0n;
    return entered && left && (then.mcause & INTERRUPT) !== 0n && then.mepc === now.pc;
  }

  #each(meets: (t: bigint) => boolean, reason: (t: bigint) => StopReason, forwards: bigint): Hit[] {
    const ticks = Array.from({ length: this.pictures.length - 1 }, (_, i) => this.first + BigInt(i));
    return ticks.filter(meets).map((t) => ({ reason: reason(t), forwards: tick(t + forwards), backwards: tick(t) }));
  }

  breakpoint(pc: bigint): Hit[] {
    const begins = (t: bigint): bigint => (this.interrupted(t) ? this.at(t).mtvec : this.at(t).pc);
    return this.#each(
      (t) => begins(t) === pc,
      () => ({ kind: 'breakpoint', pc }),
      0n,
    );
  }
  register(r: number): Hit[] {
    return this.#each(
      (t) => this.at(t).x[r] !== this.at(t + 1n).x[r],
      () => ({ kind: 'register', field: `x${r}` }),
      1n,
    );
  }
  /** Transitions after which the bytes are others. */
  changes(): bigint[] {
    return this.#each(
      (t) => this.at(t).bytes !== this.at(t + 1n).bytes,
      () => ({ kind: 'console', line: '' }),
      0n,
    ).map(({ backwards }) => backwards);
  }
  interrupts(): bigint[] {
    return this.#each(
      (t) => this.interrupted(t),
      () => ({ kind: 'console', line: '' }),
      0n,
    ).map(({ backwards }) => backwards);
  }
  /** Ends of console lines, with the line. */
  lines(): { readonly line: string; readonly at: bigint }[] {
    let line = '';
    return this.#plain.outputs.flatMap(({ output, at }) => {
      if (output.kind !== 'console') return [];
      line += Buffer.from(output.bytes).toString('latin1');
      if (!line.endsWith('\n')) return [];
      const ended = line.replace(/\r?\n$/, '');
      line = '';
      return [{ line: ended, at }];
    });
  }
  inputs(): bigint[] {
    return this.#plain.records
      .filter((record) => isInput(record) && record.kind !== 'clock')
      .map((record) => record.tick);
  }
}
