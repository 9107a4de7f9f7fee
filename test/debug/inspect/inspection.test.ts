/** The guest at a moment: registers, code, calls, interrupts, timers, devices, memory; looking changes nothing. */
import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { inspectionJson } from '../../../src/cli/inspect-json.ts';
import { inspectionText } from '../../../src/cli/inspect-text.ts';
import { SymbolTable } from '../../../src/debug/guest/symbols.ts';
import { inspect } from '../../../src/debug/inspect/inspection.ts';
import { encode } from '../../../src/emu/isa/table.ts';
import { tick } from '../../../src/lib/brands.ts';
import { flat, Guest, sample } from '../../emu/machine/guest.ts';

const drive = { type: 'block', sizeBytes: 2 * 1024 * 1024, readOnly: false, serial: 'test' } as const;

function diskGuest(): { readonly guest: Guest; readonly symbols: SymbolTable } {
  const kernel = sample('disk');
  const disk = new Uint8Array(drive.sizeBytes);
  const guest = new Guest({ images: { kernel }, disk, change: { devices: [drive] } });
  return { guest, symbols: SymbolTable.ofImages({ kernel }) };
}

it('shows a request on its way to the disk, and the code that waits for it', () => {
  const { guest, symbols } = diskGuest();
  while (guest.board.pendingRequests().length === 0) guest.board.run(tick(guest.board.tick + 100n));
  const before = guest.board.digest('all');
  const seen = inspect(guest.board, symbols, {});
  expect(guest.board.digest('all')).toBe(before);
  const slot = seen.devices.find(({ name }) => name === 'virtio0')!;
  expect(slot.type).toBe('virtio block');
  expect(slot.state).toMatchObject({ status: expect.arrayContaining(['DRIVER_OK']), queues: [{ queue: 0 }] });
  const { requests } = slot.state as { requests: { issued: boolean; op: string }[] };
  expect(requests[0]).toMatchObject({ issued: true, op: expect.stringMatching(/read|write|flush/) });
  const here = seen.code.find(({ address }) => address === seen.pc)!;
  expect(here.place).toBe(seen.place);
  expect(seen.place).toBeDefined();
});

it('code before the program counter is decoded from its function on, and targets are named', () => {
  const { guest, symbols } = diskGuest();
  guest.run(20_000n);
  const { code, pc } = inspect(guest.board, symbols);
  const at = code.findIndex(({ address }) => address === pc);
  expect(at).toBeGreaterThan(0);
  for (const [i, line] of code.slice(0, -1).entries()) {
    expect(code[i + 1]!.address).toBe(line.address + BigInt(line.length));
  }
  const main = symbols.find('main')!.address;
  guest.board.harts[0]!.set('pc', main);
  const jumps = inspect(guest.board, symbols).code.filter(({ text }) => /^jal |^c\.j/.test(text));
  expect(jumps.every(({ text }) => /<\w+(\+0x[0-9a-f]+)?>$/.test(text))).toBe(true);
});

it('tells the next trap, interrupts in words and when timers are due', () => {
  const program = flat([encode('addi', { rd: 5, rs1: 0, imm: 1 }), 0]);
  const { board } = new Guest({ images: { kernel: program } });
  const [hart] = board.harts;
  hart!.set('mie', 0x80n);
  hart!.set('mtimecmp', 10n);
  board.engine.updateTimer(hart!.at);
  board.run(tick(1));
  const early = inspect(board, SymbolTable.of([]));
  expect(early.next).toEqual({ interrupt: undefined, exception: 'illegal instruction' });
  expect(early.interrupts).toEqual({ pending: [], enabled: ['MTI'], delegated: [] });
  expect(early.timers).toEqual([
    { name: 'mtimecmp', at: 10n, tick: 100n },
    { name: 'stimecmp', at: undefined, tick: undefined },
  ]);
  hart!.set('mtimecmp', 0n);
  board.engine.updateTimer(hart!.at);
  hart!.set('mstatus', 8n);
  expect(inspect(board, SymbolTable.of([])).next.interrupt).toBe('machine timer interrupt');
});

it('calls are found by frame pointers, and only while they make sense', () => {
  const { board } = new Guest({ images: { kernel: sample('hello') } });
  const symbols = SymbolTable.ofImages({ kernel: sample('hello') });
  const [hart] = board.harts;
  const put = (at: bigint, value: bigint): void => {
    const bytes = new DataView(new ArrayBuffer(8));
    bytes.setBigUint64(0, value, true);
    board.ram.write(at, new Uint8Array(bytes.buffer));
  };
  const [main, print] = [symbols.find('main')!.address, symbols.find('print')!.address];
  const stack = 0x8020_0000n;
  hart!.setX(2, stack);
  hart!.setX(8, stack + 0x40n);
  put(stack + 0x38n, print + 4n);
  put(stack + 0x30n, stack + 0x80n);
  put(stack + 0x78n, main + 6n);
  put(stack + 0x70n, stack);
  expect(inspect(board, symbols).calls.map(({ place }) => place)).toEqual(['_start', 'print+0x4', 'main+0x6']);
  hart!.setX(8, stack + 0x41n);
  expect(inspect(board, symbols).calls).toHaveLength(1);
});

it('memory is shown as far as it is there, in text with a dump and in JSON as digits', () => {
  const { board } = new Guest({ images: { kernel: sample('hello') } });
  const symbols = SymbolTable.ofImages({ kernel: sample('hello') });
  const end = 0x8040_0000n;
  board.ram.write(end - 20n, new TextEncoder().encode('the end of memory..'));
  const memory = { address: end - 20n, length: 64, physical: true };
  const report = {
    ...inspect(board, symbols, { memory, walk: 0x8000_0000n }),
    end: 9n,
    events: [],
    process: undefined,
  };
  expect(report.memory!.bytes).toHaveLength(20);
  const text = stripVTControlCharacters(inspectionText(report, symbols));
  expect(text).toContain('  00000000803fffec  74 68 65 20 65 6e 64 20  6f 66 20 6d 65 6d 6f 72  the end of memor\n');
  expect(text).toContain('0x80400000 is not RAM');
  expect(text).toContain('machine mode does not translate');
  expect(text).toMatch(/^tick 0 of 9, /);
  for (const head of ['CODE', 'REGISTERS', 'CSRS', 'INTERRUPTS AND TIMERS', 'DEVICES', 'PAGE WALK', 'MEMORY']) {
    expect(text.split('\n')).toContain(head);
  }
  const json = inspectionJson(report);
  expect(json).toMatchObject({ pc: '0x80000000', x: { a0: '0x0' }, memory: { address: '0x803fffec', length: 64 } });
  expect(Object.keys(json.csrs)).toContain('mhpmcounter31');
});
