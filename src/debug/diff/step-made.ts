/**
 * What one step did besides changing registers: the trap it began with or ended in, what it read and wrote.
 */

import { INTERRUPT } from '../../emu/cpu/priv/fields.ts';
import type { Board } from '../../emu/machine/board.ts';
import { CLINT, FINISHER, PLIC, RTC, UART, VIRTIO_SLOTS, virtioWindow } from '../../emu/machine/memory-map.ts';
import { type MemoryAccess, type NextStep, nextStep } from '../guest/next-step.ts';
import { causeText } from '../timeline/trap-text.ts';

/** Texts for people, in the order in which it happened. */
export type StepMade = readonly string[];

const DEVICES = [
  ['finisher', FINISHER],
  ['rtc', RTC],
  ['clint', CLINT],
  ['plic', PLIC],
  ['uart', UART],
  ...Array.from({ length: VIRTIO_SLOTS }, (_, slot) => [`virtio${slot}`, virtioWindow(slot)] as const),
] as const;

/** Before the step is made; what goes in at its tick is not known yet. */
export const foresee = (board: Board): NextStep | 'idle' => nextStep(board);

/** After it has been made, on the same board. */
export function stepMade(foreseen: NextStep | 'idle', board: Board): StepMade {
  if (foreseen === 'idle' || foreseen.next !== board.pc) return interruptOf(board);
  const { interrupt, accesses, exception } = foreseen;
  return [
    ...(interrupt === undefined ? [] : [`takes a ${causeText(interrupt)}`]),
    ...accesses.map(accessText),
    ...(exception === undefined ? [] : [`ends in: ${causeText(exception)}`]),
  ];
}

/** What went in has made the step another than foreseen: by an interrupt, if the cause says so. */
function interruptOf({ harts: [hart] }: Board): StepMade {
  const cause = hart!.get(hart!.get('priv') === 3n ? 'mcause' : 'scause');
  return (cause & INTERRUPT) === 0n ? [] : [`takes a ${causeText({ cause, tval: 0n })}`];
}

function accessText({ kind, pa, width }: MemoryAccess): string {
  const device = DEVICES.find(([, { base, bytes }]) => pa >= base && pa < base + bytes)?.[0];
  return `${kind}s ${width} bytes at 0x${pa.toString(16)}${device === undefined ? '' : `, the ${device}`}`;
}
