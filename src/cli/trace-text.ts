/** A step of a trace as one line, for people or as JSON. */

import chalk from 'chalk';
import type { MemoryAccess } from '../debug/guest/next-step.ts';
import type { TraceStep } from '../debug/trace/trace-probe.ts';
import { hex } from './text.ts';

const PLACE_WIDTH = 28;
const TEXT_WIDTH = 32;

/** tick, privilege, pc, bits, place, assembly; then what it did. */
export function traceLine(step: TraceStep): string {
  const { tick, privilege, pc, bits, place, text } = step;
  const code = (bits === undefined ? '' : bits.toString(16).padStart((bits & 3) === 3 ? 8 : 4, '0')).padStart(8);
  const where = chalk.cyan((place ?? '').padEnd(PLACE_WIDTH));
  const address = pc.toString(16).padStart(16, '0');
  const did = deeds(step).join('  ');
  return `${tick} ${privilege} ${address} ${code}  ${where}  ${text.padEnd(TEXT_WIDTH)}  ${did}`.trimEnd();
}

function deeds({ interrupt, accesses, changes, exception }: TraceStep): string[] {
  return [
    ...(interrupt === undefined ? [] : [chalk.yellow(`{${interrupt}}`)]),
    ...accesses.map(accessText),
    ...[...changes].map(([name, value]) => `${name}=${value.toString(16)}`),
    ...(exception === undefined ? [] : [chalk.yellow(`!${exception}`)]),
  ];
}

/** `r8[80001000]=5`, `w4[10000000]=41` */
function accessText({ kind, va, width, value }: MemoryAccess): string {
  const moved = value === undefined ? '' : `=${value.toString(16)}`;
  return `${kind === 'read' ? 'r' : 'w'}${width}[${va.toString(16)}]${moved}`;
}

/** One line, without its end. 64-bit quantities are hexadecimal text; what does not apply is left out. */
export function traceJson(step: TraceStep): string {
  const { tick, interrupt, privilege, pc, place, bits, text, accesses, changes, exception } = step;
  return JSON.stringify({
    tick: Number.isSafeInteger(Number(tick)) ? Number(tick) : `${tick}`,
    interrupt,
    privilege,
    pc: hex(pc),
    place,
    bits: bits === undefined ? undefined : hex(bits),
    text,
    accesses: accesses.map(({ kind, va, pa, width, value }) => {
      return { kind, va: hex(va), pa: hex(pa), width, value: value === undefined ? undefined : hex(value) };
    }),
    changes: Object.fromEntries([...changes].map(([name, value]) => [name, hex(value)])),
    exception,
  });
}
