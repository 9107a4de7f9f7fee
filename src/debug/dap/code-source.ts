/**
 * Code shown in place of a source that is not there: a function's instructions, one a line, under a number that the
 * client asks for its text by. A function keeps its number as long as the session lasts.
 */

import type { CodeLine } from '../guest/code.ts';
import { hex, type MachineView } from './machine-view.ts';

export interface CodeSource {
  readonly reference: number;
  readonly name: string;
  /** Address of each line, from line 1. */
  readonly addresses: readonly bigint[];
  readonly text: string;
}

const LINES_MAX = 4000;
/** Around a place of which no function is known. */
const BEFORE = 20;
const AFTER = 60;

export class CodeSources {
  readonly #view: MachineView;
  readonly #numbers = new Map<bigint, number>();
  readonly #sources = new Map<number, CodeSource>();

  constructor(view: MachineView) {
    this.#view = view;
  }

  /** The code that an address lies in, and the address's line; undefined where it cannot be read. */
  at(address: bigint, hart: number): { readonly source: CodeSource; readonly line: number } | undefined {
    const known = [...this.#sources.values()].find(({ addresses }) => addresses.includes(address));
    const source = known ?? this.#made(address, hart);
    const index = source?.addresses.indexOf(address) ?? -1;
    return source === undefined || index < 0 ? undefined : { source, line: index + 1 };
  }

  byReference(reference: number): CodeSource | undefined {
    return this.#sources.get(reference);
  }

  #made(address: bigint, hart: number): CodeSource | undefined {
    const place = this.#view.symbols.at(address);
    const before = place === undefined ? this.#view.codeBefore(hart, address, BEFORE) : [];
    const start = place?.symbol.address ?? before[0]?.address ?? address;
    const lines = this.#linesFrom(start, hart, place === undefined ? BEFORE + AFTER : LINES_MAX);
    if (lines.length === 0) return undefined;
    const reference = this.#numbers.get(start) ?? this.#numbers.size + 1;
    this.#numbers.set(start, reference);
    const source = {
      reference,
      name: `${place?.symbol.name ?? hex(start)}.s`,
      addresses: lines.map((line) => line.address),
      text: lines.map(lineText).join('\n'),
    };
    this.#sources.set(reference, source);
    return source;
  }

  #linesFrom(start: bigint, hart: number, max: number): CodeLine[] {
    const { symbols } = this.#view;
    const symbol = symbols.at(start)?.symbol;
    const lines: CodeLine[] = [];
    for (let at = start; lines.length < max; ) {
      const line = this.#view.codeAt(hart, at);
      if (line.bits === undefined || symbols.at(at)?.symbol !== symbol) break;
      lines.push(line);
      at = BigInt.asUintN(64, at + BigInt(line.length));
    }
    return lines;
  }
}

const lineText = ({ address, text, place }: CodeLine): string =>
  `${hex(address)}  ${(place ?? '').padEnd(28)}  ${text}`;
