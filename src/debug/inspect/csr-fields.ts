/**
 * CSR values in the manual's words: names of fields and of what they hold. Places and names come from
 * cpu/priv/fields.ts where it has them.
 */

import { Envcfg, Irq, Mseccfg, Mstatus, SATP_ASID, SATP_MODE_SHIFT, SATP_PPN } from '../../emu/cpu/priv/fields.ts';
import { roundingModeNames } from '../../emu/isa/register-names.ts';
import { causeText } from '../timeline/trap-text.ts';

/** `flag`: one bit, said by its name alone when set. */
export interface CsrField {
  readonly name: string;
  readonly value: bigint;
  readonly text: string;
  readonly flag: boolean;
}

interface FieldRow {
  readonly name: string;
  readonly mask: bigint;
  readonly text?: (value: bigint) => string;
}

export const privilegeName = (priv: bigint): string => ['U', 'S', 'reserved', 'M'][Number(priv)] ?? `${priv}`;
const status = (value: bigint): string => ['Off', 'Initial', 'Clean', 'Dirty'][Number(value)]!;
const width = (value: bigint): string => `${16n << value}`;
const satpMode = (value: bigint): string => ({ 0: 'Bare', 8: 'Sv39', 9: 'Sv48' })[Number(value)] ?? `reserved ${value}`;
const hex = (value: bigint): string => `0x${value.toString(16)}`;
const oneOf =
  (...names: readonly string[]) =>
  (value: bigint): string =>
    names[Number(value)] ?? `reserved ${value}`;

const rows = (masks: Readonly<Record<string, bigint>>, texts: Readonly<Record<string, FieldRow['text']>> = {}) =>
  Object.entries(masks).map(([name, mask]): FieldRow => {
    const text = texts[name];
    return text === undefined ? { name, mask } : { name, mask, text };
  });
const bits = (positions: Readonly<Record<string, bigint>>): readonly FieldRow[] =>
  rows(Object.fromEntries(Object.entries(positions).map(([name, bit]) => [name, 1n << bit])));

const statusRows = rows(
  { ...Mstatus, UXL: 3n << 32n, SXL: 3n << 34n },
  { SPP: privilegeName, MPP: privilegeName, FS: status, UXL: width, SXL: width },
);
const IN_SSTATUS = new Set(['SIE', 'SPIE', 'SPP', 'FS', 'SUM', 'MXR', 'UXL', 'SD']);
const cbie = oneOf('illegal', 'flush', 'reserved', 'inval');
const envcfgRows = rows(Envcfg, { CBIE: cbie });
const interruptRows = bits(Irq);
const counterRows = bits({ CY: 0n, TM: 1n, IR: 2n });
const trapVectorRows = rows({ MODE: 3n, BASE: ~3n }, { MODE: oneOf('direct', 'vectored'), BASE: hex });
const exceptionRows = Array.from({ length: 16 }, (_, code): FieldRow => {
  return { name: causeText({ cause: BigInt(code), tval: 0n }), mask: 1n << BigInt(code) };
});
const flagRows = bits({ NX: 0n, UF: 1n, OF: 2n, DZ: 3n, NV: 4n });
const roundingMode = (value: bigint): string => roundingModeNames[Number(value)]!;
const pmpRows = (first: number): readonly FieldRow[] =>
  Array.from({ length: 8 }, (_, i): FieldRow => {
    return { name: `pmp${first + i}cfg`, mask: 0xffn << BigInt(8 * i), text: pmpText };
  });
const pmpText = (config: bigint): string => {
  const letters = ['R', 'W', 'X'].map((letter, bit) => (config & (1n << BigInt(bit)) ? letter : '-')).join('');
  return `${letters} ${oneOf('OFF', 'TOR', 'NA4', 'NAPOT')((config >> 3n) & 3n)}${config & 0x80n ? ' locked' : ''}`;
};

const TABLE: Readonly<Record<string, readonly FieldRow[]>> = {
  mstatus: statusRows,
  sstatus: statusRows.filter(({ name }) => IN_SSTATUS.has(name)),
  misa: [
    { name: 'MXL', mask: 3n << 62n, text: width },
    ...bits(Object.fromEntries([...'IMAFDQCBVHSU'].map((letter) => [letter, BigInt(letter.charCodeAt(0) - 65)]))),
  ],
  medeleg: exceptionRows,
  mideleg: interruptRows,
  mie: interruptRows,
  mip: interruptRows,
  sie: interruptRows,
  sip: interruptRows,
  mtvec: trapVectorRows,
  stvec: trapVectorRows,
  mcounteren: counterRows,
  scounteren: counterRows,
  mcountinhibit: counterRows.filter(({ name }) => name !== 'TM'),
  menvcfg: envcfgRows,
  senvcfg: envcfgRows.filter(({ name }) => name !== 'ADUE' && name !== 'STCE'),
  mseccfg: rows(Mseccfg),
  satp: [
    { name: 'MODE', mask: 0xfn << SATP_MODE_SHIFT, text: satpMode },
    { name: 'ASID', mask: SATP_ASID },
    { name: 'PPN', mask: SATP_PPN, text: (ppn) => `${hex(ppn)} (table at ${hex(ppn << 12n)})` },
  ],
  fflags: flagRows,
  frm: [{ name: 'RM', mask: 7n, text: roundingMode }],
  fcsr: [...flagRows, { name: 'RM', mask: 0xe0n, text: roundingMode }],
  pmpcfg0: pmpRows(0),
  pmpcfg2: pmpRows(8),
};

/** The fields of a CSR, in the order of the table; none for a CSR that is one number. */
export function csrFields(name: string, value: bigint): readonly CsrField[] {
  if (name === 'mcause' || name === 'scause') return [cause(value)];
  return (TABLE[name] ?? []).map(({ name: field, mask, text }) => {
    const low = lowestBit(mask);
    const flag = text === undefined && mask === 1n << low;
    // BASE keeps its place: it is an address.
    const held = field === 'BASE' ? value & BigInt.asUintN(64, mask) : (value & mask) >> low;
    return { name: field, value: held, text: text === undefined ? `${held}` : text(held), flag };
  });
}

const cause = (value: bigint): CsrField => {
  return { name: 'cause', value, text: causeText({ cause: value, tval: 0n }), flag: false };
};

/** `Sv39`-like summary: flags that are set by name, other fields as `NAME=what`; empty for a CSR that is one number. */
export function csrText(name: string, value: bigint): string {
  const fields = csrFields(name, value);
  if (name === 'mcause' || name === 'scause') return fields[0]!.text;
  if (name === 'misa') {
    const letters = fields.filter(({ flag, value: set }) => flag && set === 1n).map((field) => field.name);
    return `RV${fields[0]!.text}${letters.join('')}`;
  }
  const separator = name === 'medeleg' ? ', ' : ' ';
  return fields
    .filter(({ flag, value: set, name: field }) => (flag ? set === 1n : set !== 0n || !field.startsWith('pmp')))
    .map(({ name: field, text, flag }) => (flag ? field : `${field}=${text}`))
    .join(separator);
}

const lowestBit = (mask: bigint): bigint => BigInt((mask & -mask).toString(2).length - 1);
