/**
 * The translator for conformance programs: compiles the code of a case however short its life, and tells how often it
 * did. A case's code is run once or a few times only, and replaced by the next one's.
 */
import type { EngineFactory } from '../../../src/emu/cpu/engine.ts';
import { PAGE_BYTES, PageFlag, RAM_BASE } from '../../../src/emu/cpu/memory-layout.ts';
import { createTranslatorWith } from '../../../src/emu/cpu/translator/translator.ts';
import { CODE } from './layout.ts';

export interface Translating {
  readonly engine: EngineFactory;
  /** Of the bytes that cases sent, the share sent while there was compiled code of the case. */
  readonly compiledShare: () => number;
}

const UART = 0x1000_0000;
const CODE_PAGE = (CODE - RAM_BASE) / PAGE_BYTES;

export function translating(): Translating {
  let [sent, compiled] = [0, 0];
  const engine: EngineFactory = (memory, layout, bus) => {
    const flags = new Uint8Array(memory.buffer, layout.pageFlagsAt, layout.ramPages);
    const watched: typeof bus = {
      has: (pa) => bus.has(pa),
      load: (pa, width) => bus.load(pa, width),
      store: (pa, width, value) => {
        if (pa === UART) {
          sent += 1;
          if (((flags[CODE_PAGE] ?? 0) & PageFlag.code) !== 0) compiled += 1;
        }
        bus.store(pa, width, value);
      },
      nondet: (kind) => bus.nondet(kind),
    };
    return createTranslatorWith(memory, layout, watched, { hot: 1, rewrites: Number.POSITIVE_INFINITY });
  };
  return { engine, compiledShare: () => compiled / sent };
}
