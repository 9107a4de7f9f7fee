/** Runs the exact reference over the recorded vectors; shared by the quick and the full test. */
import { type FpCase, fpCases } from '../../../conformance/fp-vectors/format.ts';
import { REFERENCE } from '../../../conformance/fp-vectors/reference.ts';

const hex = (x: bigint): string => x.toString(16).padStart(16, '0');

/** Cases run, and a line for each of the first few that disagree. */
export function checkReference(stride: number, offset = 0): { readonly cases: number; readonly failures: string[] } {
  const failures: string[] = [];
  let cases = 0;
  for (const one of fpCases(stride, offset)) {
    cases++;
    const op = REFERENCE.get(one.name);
    const got = op?.(one.a, one.b, one.c, one.rm);
    if (got?.bits === one.result && got.flags === one.flags) continue;
    failures.push(`${describe(one)} got ${got === undefined ? 'nothing' : `${hex(got.bits)} flags ${got.flags}`}`);
    if (failures.length === 20) break;
  }
  return { cases, failures };
}

const describe = ({ name, rm, a, b, c, result, flags }: FpCase): string =>
  `${name} rm ${rm} a ${hex(a)} b ${hex(b)} c ${hex(c)}: expected ${hex(result)} flags ${flags},`;
