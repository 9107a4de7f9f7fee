/**
 * An inspection for programs: all of it, with addresses and contents of registers in hexadecimal (`0x…`), ticks and
 * times as numbers, bytes as hexadecimal digits.
 */

import type { PageWalk } from '../debug/guest/page-walk.ts';
import type { InspectionReport } from './inspect-text.ts';
import { hex } from './text.ts';

export type InspectionJson = ReturnType<typeof inspectionJson>;

const optional = (value: bigint | number | undefined): string | undefined =>
  value === undefined ? undefined : hex(value);
const hexed = (values: { readonly [name: string]: bigint }): { readonly [name: string]: string } =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, hex(value)]));

export function inspectionJson(report: InspectionReport) {
  const { pc, code, calls, x, f, csrs, walk, memory, process: task, ...rest } = report;
  return {
    ...rest,
    pc: hex(pc),
    code: code.map((line) => ({ ...line, address: hex(line.address), bits: optional(line.bits) })),
    calls: calls.map(({ pc: address, place }) => ({ pc: hex(address), place })),
    x: hexed(x),
    f: hexed(f),
    csrs: Object.fromEntries(Object.entries(csrs).map(([name, csr]) => [name, { ...csr, value: hex(csr.value) }])),
    walk: walk === undefined ? undefined : walkJson(walk),
    process: task === undefined ? undefined : { ...task, at: hex(task.at) },
    memory: memory === undefined ? undefined : { ...memory, address: hex(memory.address) },
  };
}

const walkJson = ({ va, pa, levels, ...rest }: PageWalk) => ({
  ...rest,
  va: hex(va),
  pa: optional(pa),
  levels: levels.map((level) => ({ ...level, at: hex(level.at), pte: optional(level.pte) })),
});
