/** CSRs in words. */
import { expect, it } from 'vitest';
import { csrFields, csrText } from '../../../src/debug/inspect/csr-fields.ts';
import { csrTable } from '../../../src/emu/cpu/priv/csr-table.ts';

it.each([
  ['mstatus', 0xa_0000_1888n, 'MIE MPIE SPP=U MPP=M FS=Off UXL=64 SXL=64'],
  ['sstatus', 0x8000_0002_0004_6122n, 'SIE SPIE SPP=S FS=Dirty SUM UXL=64 SD'],
  ['misa', 0x8000_0000_0014_112dn, 'RV64IMAFDCSU'],
  ['mcause', (1n << 63n) | 7n, 'machine timer interrupt'],
  ['scause', 13n, 'load page fault'],
  ['satp', (8n << 60n) | (5n << 44n) | 0x80123n, 'MODE=Sv39 ASID=5 PPN=0x80123 (table at 0x80123000)'],
  ['satp', 0n, 'MODE=Bare ASID=0 PPN=0x0 (table at 0x0)'],
  ['stvec', 0xffff_ffff_8000_0001n, 'MODE=vectored BASE=0xffffffff80000000'],
  ['mie', 0x222n, 'SSI STI SEI'],
  ['medeleg', 0x101n, 'instruction address misaligned, environment call from U'],
  ['menvcfg', (1n << 63n) | 0xf0n, 'CBIE=inval CBCFE CBZE STCE'],
  ['fcsr', 0x25n, 'NX OF RM=rtz'],
  ['pmpcfg0', 0x9f_000fn, 'pmp0cfg=RWX TOR pmp2cfg=RWX NAPOT locked'],
  ['mscratch', 5n, ''],
])('%s %i reads %s', (name, value, text) => {
  expect(csrText(name, value)).toBe(text);
});

it('each field of a CSR has a name of its own and is 0 when the CSR is; other CSRs have none', () => {
  for (const { name } of csrTable) {
    const all = csrFields(name, (1n << 64n) - 1n);
    expect(new Set(all.map((field) => field.name)).size).toBe(all.length);
    const none = csrFields(name, 0n);
    if (!name.endsWith('cause')) expect(none.every(({ value }) => value === 0n)).toBe(true);
  }
  expect(csrFields('no such', 1n)).toEqual([]);
});
