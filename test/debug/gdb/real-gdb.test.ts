/** Debian's gdb on the recorded race: forwards and backwards, as its user sees it. */
import { describe, expect, test } from 'vitest';
import { golden } from '../timeline/support.ts';
import { hasGdb, inGdb, noGdb } from './real-gdb.ts';

const race = golden('race');

/** Before this tick, in the first thread. */
const EARLY = 300_000n;
/** A while after the first lost update of the recording. */
const AFTER_LOSS = 12_780_000n;

describe.skipIf(!hasGdb)(`gdb-multiarch${hasGdb ? '' : ` (skipped: ${noGdb})`}`, () => {
  test('walks through calls forwards, and the same way back', async () => {
    const { said } = await inGdb(race, EARLY, [
      'tbreak count_one',
      'continue',
      'bt 2',
      'stepi',
      'reverse-stepi',
      'info registers pc',
      'next',
      'reverse-next',
      'finish',
      'reverse-step',
      'reverse-finish',
      'until',
      'step',
      'info threads',
    ]);
    expect(said[1]).toMatch(/Temporary breakpoint 1, count_one \(\) at race\/workers\.c:24\n24\t {2}counter = /);
    expect(said[2]).toMatch(/#1 {2}0x000000008000075c in do_units \(units=99, .*workers\.c:30\n/);
    expect(said[3]).toMatch(/^0x0000000080000710\t24\t/);
    expect(said[4]).toMatch(/^24\t/);
    expect(said[5]).toMatch(/<count_one>\n/);
    expect(said[6]).toMatch(/^do_units \(.*workers\.c:31\n/);
    expect(said[7]).toMatch(/^30\t {4}count_one\(\);\n/);
    expect(said[8]).toMatch(/in measure_pace \(\) .*\n59\t.*\nValue returned is \$1 = 520424357517245286\n/);
    expect(said[9]).toMatch(/^do_units \(units=0, .*\n33\t/);
    expect(said[10]).toMatch(/^measure_pace \(\) .*\n59\t/);
    expect(said[11]).toMatch(/^61\t/);
    expect(said[12]).toMatch(/^clint_mtime \(\) at common\/clint\.h:12\n/);
    expect(said[13]).toMatch(/\* 1 +Thread 1 "hart 0" \(machine mode\) +clint_mtime/);
  });

  test('shows every group of registers', async () => {
    const { said } = await inGdb(race, EARLY, [
      'info registers',
      'info registers float',
      'info registers csr',
      'p $priv',
      'p/x $misa',
      'p/x $mtvec == (long)timer_vector',
      'x/2i $pc',
    ]);
    expect(said[0]).toMatch(/^pc +0x80000/m);
    expect(said[1]).toMatch(/^fa0 +\{float = 0, double = 0\}/m);
    expect(said[2]).toMatch(/^mstatus +0x/m);
    expect(said[2]).not.toMatch(/not available|unavailable/);
    expect(said[3]).toBe('$1 = 3\n');
    expect(said[4]).toMatch(/^\$2 = 0x8000000000/);
    expect(said[5]).toBe('$3 = 0x1\n');
    expect(said[6]).toMatch(/^=> 0x80000[0-9a-f]+ <unit_of_work\+\d+>:/);
  });

  test('a watched variable: who wrote it last, and before that; old and new values the right way round', async () => {
    const { said, tick } = await inGdb(race, EARLY, [
      'watch counter',
      'reverse-continue',
      'x/i $pc',
      'reverse-continue',
      'continue',
      'continue',
      'delete',
      'rwatch counter',
      'continue',
      'delete',
      'awatch counter',
      'reverse-continue',
    ]);
    const values = (text: string): readonly string[] =>
      [...text.matchAll(/(?:Old v|New v|V)alue = (\d+)/g)].map((m) => m[1]!);
    const [last, before] = values(said[1]!).map(Number);
    expect(before).toBe(last! - 1);
    expect(said[2]).toMatch(/<count_one\+\d+>:\tsd\t/);
    expect(values(said[3]!).map(Number)).toEqual([before, before! - 1]);
    expect(values(said[4]!).map(Number)).toEqual([before! - 1, before]);
    expect(values(said[5]!).map(Number)).toEqual([before, last]);
    expect(said[8]).toMatch(new RegExp(`Hardware read watchpoint 2: counter\\n\\nValue = ${last}\\n`));
    expect(said[11]).toMatch(/Hardware access \(read\/write\) watchpoint 3: counter/);
    expect(tick).toBeGreaterThan(EARLY);
  });

  test('the lost update: the store that undid work of the other thread, then that of this one', async () => {
    const { said } = await inGdb(race, AFTER_LOSS, [
      'watch counter if counter >= units_done',
      'reverse-continue',
      'x/i $pc',
      'bt',
      'delete',
      'watch counter',
      'reverse-continue',
      'bt',
    ]);
    expect(said[1]).toMatch(/Old value = 6407\nNew value = 6534\n/);
    expect(said[2]).toMatch(/<count_one\+\d+>:\tsd\t/);
    expect(said[3]).toMatch(/in worker_a \(\)/);
    expect(said[6]).toMatch(/Old value = 6534\nNew value = 6533\n/);
    expect(said[7]).toMatch(/in worker_b \(\)/);
  });

  test('a breakpoint at an interrupt handler stands before its first instruction, interrupt taken', async () => {
    const { said, tick } = await inGdb(race, 1_300_000n, [
      'break timer_vector',
      'watch units_done',
      'disable 2',
      'continue',
      'p/x $mcause',
      'p $mepc == (long)count_one + 28',
      'stepi',
      'reverse-stepi',
      'continue',
      'reverse-stepi',
      'monitor when-ticks',
      'stepi',
      'reverse-continue',
      'enable 2',
      'p $pc == timer_vector',
    ]);
    const atHandler = /Breakpoint 1, timer_vector \(\) at race\/switch\.S:17\n/;
    expect(said[3]).toMatch(atHandler);
    expect(said[4]).toMatch(/= 0x8000000000000007\n/);
    expect(said[5]).toMatch(/= 1\n/);
    expect(said[6]).toMatch(/^18\t/);
    expect(said[7]).toMatch(/ in count_one \(\) /);
    expect(said[8]).toMatch(atHandler);
    expect(said[9]).toMatch(/ in count_one \(\) /);
    expect(said[10]).toBe('Current tick: 1351974\n');
    expect(said[12]).toMatch(atHandler);
    expect(said[14]).toMatch(/= 1\n/);
    expect(tick).toBe(981_861n);
  });

  test('nothing can be changed; the refusal names the way out', async () => {
    const { said } = await inGdb(race, EARLY, [
      'monitor when',
      'monitor goto 2',
      'maintenance flush register-cache',
      'p $pc',
    ]);
    expect(said[0]).toMatch(/^tick 300,000 of 15,510,609: M-mode at 0x80000[0-9a-f]+ unit_of_work/);
    expect(said[3]).toMatch(/_start/);
    const refused = await inGdb(race, EARLY, ['set var counter = 1', 'stepi', 'p $a0 = 1', 'p next_value(1)']);
    expect(refused.said[0]).toMatch(/^Cannot access memory at address 0x/);
    expect(refused.said[1]).toMatch(/^lockstep: this is a recording and cannot be changed; .* use: monitor live\n/);
    expect(refused.said[2]).toMatch(/use: monitor live/);
    expect(refused.said[3]).toMatch(/Cannot access memory at address 0x/);
    expect(refused.tick).toBe(EARLY + 1n);
  });

  test('both ends of the recording are told', async () => {
    const { said, tick } = await inGdb(race, 'end', [
      'continue',
      'tbreak main',
      'reverse-continue',
      'reverse-continue',
    ]);
    expect(said[0]).toMatch(/No more reverse-execution history/);
    expect(said[2]).toMatch(/Temporary breakpoint 1, main \(\)/);
    expect(said[3]).toMatch(/No more reverse-execution history[\s\S]*_start/);
    expect(tick).toBe(0n);
  });
});
