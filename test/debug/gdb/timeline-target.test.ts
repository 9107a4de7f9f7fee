/** The gdb side's view of a timeline, and the symbol files that gdb is given. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { symbolElf } from '../../../src/debug/gdb/symbol-elf.ts';
import { TimelineTarget } from '../../../src/debug/gdb/timeline-target.ts';
import { SymbolTable } from '../../../src/debug/guest/symbols.ts';
import { type ElfSymbol, readSymbols } from '../../../src/emu/machine/elf.ts';
import { openRecording } from '../../../src/host/log-file-source.ts';
import { record, testFolder } from '../../host/support.ts';
import { golden, withTimeline } from '../timeline/support.ts';
import { ToyGdb } from './toy-gdb.ts';

const folder = testFolder();
const noSymbols = SymbolTable.ofImages({});

test('a recording that is still written is followed: going on reaches what was added', async () => {
  const source = folder.path('whole.lks');
  await record('clock', source, { append: 'wait=300' });
  const whole = readFileSync(source);
  const { reader, close } = openRecording(source);
  const frames = reader.index();
  const { end } = reader.end()!;
  close();
  const cut = frames[Math.floor(frames.length / 2)]!.offset;
  const file = folder.path('growing.lks');
  writeFileSync(file, whole.subarray(0, cut));
  await withTimeline(file, {}, async ({ timeline }) => {
    const target = new TimelineTarget({ timeline, symbols: noSymbols, events: () => [], growing: true });
    const gdb = new ToyGdb(target);
    expect(await gdb.ask('c')).toMatch(/^T05replaylog:end/);
    const first = target.now;
    expect(first).toBeLessThan(end.ticks);
    appendFileSync(file, whole.subarray(cut));
    expect(await gdb.ask('c')).toMatch(/^T05replaylog:end/);
    expect(target.now).toBe(end.ticks);
    await gdb.ask('bc');
    expect(target.now).toBe(0n);
  });
});

test('every register has a value of its width, and a range of addresses is one range of RAM', async () => {
  await withTimeline(golden('hello'), {}, async ({ timeline }) => {
    const target = new TimelineTarget({ timeline, symbols: noSymbols, events: () => [], growing: false });
    const gdb = new ToyGdb(target);
    await gdb.monitor('goto 100');
    for (const [number, { bits }] of target.registers.entries()) {
      expect(await gdb.ask(`p${number.toString(16)}`)).toHaveLength(bits / 4);
    }
    expect(await gdb.ask(`p${target.registers.length.toString(16)}`)).toMatch(/^E/);
    const ram = 0x8000_0000n;
    expect(target.physicalRanges(0, ram + 4090n, 5000)).toEqual([{ pa: ram + 4090n, length: 5000 }]);
    expect(target.physicalRanges(0, 0x1000n, 8)).toBeUndefined();
    expect(await gdb.monitor('seek-cost')).toMatch(/^any tick in \d+\.\d\d s at most: /);
  });
});

test('a file of symbols alone is an ELF file with just these', () => {
  const symbols: readonly ElfSymbol[] = [
    { name: '_start', address: 0xffff_ffff_8000_0000n, size: 0n, kind: 'other' },
    { name: 'schedule', address: 0xffff_ffff_8000_1000n, size: 120n, kind: 'function' },
    { name: 'jiffies', address: 0xffff_ffff_8120_0000n, size: 8n, kind: 'object' },
  ];
  expect(readSymbols(symbolElf(symbols), 'the file')).toEqual(symbols);
});
