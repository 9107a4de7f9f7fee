/**
 * What an instruction does to the machine, derived from its body by the recorder and never typed by hand.
 * Each fact is a "may": a body that raises under some condition is one that may raise.
 */

import type { Insn } from './insn.ts';
import { type Recording, type RegisterOperand, record, recordBody, type Word } from './recorder.ts';
import type { Proc } from './vocabulary.ts';

export interface Metadata {
  /** Register operands of each file that are read and written. */
  readonly xReads: ReadonlySet<RegisterOperand>;
  readonly xWrites: ReadonlySet<RegisterOperand>;
  readonly fReads: ReadonlySet<RegisterOperand>;
  readonly fWrites: ReadonlySet<RegisterOperand>;
  /** May take an exception. */
  readonly raises: boolean;
  /** The next instruction may be another than the one that follows, or the engine has to look at interrupts first. */
  readonly endsBlock: boolean;
  /** Virtual memory, by itself. */
  readonly reads: boolean;
  readonly writes: boolean;
  /** Touches floating-point state. */
  readonly fp: boolean;
  /** The procedures it calls, those of the vocabulary's words excepted. */
  readonly calls: ReadonlySet<Proc>;
}

const RAISING: readonly Word[] = ['raise', 'alwaysRaise', 'load', 'store', 'amo', 'loadReserved', 'storeConditional'];
const READING: readonly Word[] = ['load', 'amo', 'loadReserved'];
const WRITING: readonly Word[] = ['store', 'amo', 'storeConditional'];
const LEAVING: readonly Word[] = ['jump', 'branch', 'contextChanged'];

const uses = ({ words }: Recording, of: readonly Word[]): boolean => of.some((word) => words.has(word));

const recordings = new Map<Proc, Recording>();
function recordingOf(p: Proc): Recording {
  const known = recordings.get(p);
  if (known !== undefined) return known;
  const recording = record(p);
  recordings.set(p, recording);
  return recording;
}
/** A procedure and all that it may call, itself first. */
function closure(start: Iterable<Proc>): ReadonlySet<Proc> {
  const found = new Set<Proc>(start);
  for (const p of found) for (const callee of recordingOf(p).calls) found.add(callee);
  return found;
}
/** Whether a call of `p` may end in a trap. */
export const procRaises = (p: Proc): boolean => [...closure([p])].some((callee) => uses(recordingOf(callee), RAISING));

export function metadata({ body }: Insn): Metadata {
  const own = recordBody(body);
  const all = [own, ...[...closure(own.calls)].map(recordingOf)];
  const anyUses = (words: readonly Word[]): boolean => all.some((recording) => uses(recording, words));
  const { xReads, xWrites, fReads, fWrites, calls } = own;
  return {
    xReads,
    xWrites,
    fReads,
    fWrites,
    raises: anyUses(RAISING),
    endsBlock: anyUses(LEAVING) || uses(own, ['alwaysRaise']),
    reads: uses(own, READING),
    writes: uses(own, WRITING),
    fp: own.words.has('fp') || fReads.size + fWrites.size > 0,
    calls,
  };
}
