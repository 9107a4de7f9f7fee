/** What gdb is answered, packet by packet, on a recording whose every state is known. */
import { describe, expect, test } from 'vitest';
import { hexOfRegister } from '../../../src/debug/gdb/hex.ts';
import { successors } from '../../../src/debug/gdb/successors.ts';
import { tick } from '../../../src/lib/brands.ts';
import { ToyGdb } from './toy-gdb.ts';
import { COUNTER_AT, COUNTER_VA, LOAD_PC, LOOP_AT, STORE_PC, ToyTarget } from './toy-target.ts';

const hex = (n: bigint): string => n.toString(16);

function attached(at = 500n, harts = 1): { target: ToyTarget; gdb: ToyGdb } {
  const target = new ToyTarget(1000, harts);
  target.now = tick(at);
  return { target, gdb: new ToyGdb(target) };
}

describe('attaching', () => {
  test('acknowledgements until gdb wants none; damage is asked for again', async () => {
    const { gdb } = attached();
    await gdb.raw('$qC#b4');
    expect(gdb.take()).toBe('+$QC1#c5');
    await gdb.raw('$qC#00');
    expect(gdb.take()).toBe('-');
    await gdb.raw('-');
    expect(gdb.take()).toBe('$QC1#c5');
    expect(await gdb.ask('QStartNoAckMode')).toBe('OK');
    gdb.take();
    await gdb.raw('$qC#00$qC#b4');
    expect(gdb.take()).toBe('$QC1#c5');
  });
  test('says what it can do, and leaves out what it cannot', async () => {
    const { gdb } = attached();
    const features = (await gdb.ask('qSupported:multiprocess+;swbreak+')).split(';');
    const known = ['ReverseStep+', 'ReverseContinue+', 'swbreak+', 'hwbreak+', 'vContSupported+', 'QStartNoAckMode+'];
    expect(features).toEqual(expect.arrayContaining([...known, 'PacketSize=4000', 'qXfer:features:read+']));
    expect(features.filter((feature) => feature.startsWith('multiprocess'))).toEqual([]);
    expect(await gdb.ask('vMustReplyEmpty')).toBe('');
    expect(await gdb.ask('qTStatus')).toBe('');
    expect(await gdb.ask('vCont?')).toBe('vCont;c;C;s;S;t;r');
    expect(await gdb.ask('qAttached')).toBe('1');
  });
  test('one thread for each hart', async () => {
    const { gdb } = attached(500n, 3);
    expect(await gdb.ask('qfThreadInfo')).toBe('m1,2,3');
    expect(await gdb.ask('qsThreadInfo')).toBe('l');
    expect(await gdb.ask('T3')).toBe('OK');
    expect(await gdb.ask('T4')).toMatch(/^E/);
    expect(await gdb.ask('Hg2')).toBe('OK');
    expect((await gdb.ask('g')).slice(16, 32)).toBe(hexOfRegister(101n));
    expect(await gdb.ask('Hc-1')).toBe('OK');
    expect(await gdb.ask('Hg9')).toMatch(/^E/);
    expect(await gdb.ask('qXfer:threads:read::0,1000')).toContain('<thread id="3" core="2"');
  });
  test('leaves when told to, and answers nothing after that', async () => {
    for (const [packet, answers] of [
      ['D', ['OK']],
      ['k', []],
      ['vKill;1', ['OK']],
    ] as const) {
      const { gdb } = attached();
      expect(await gdb.all(packet)).toEqual(answers);
      expect(gdb.connection.left).toBe(packet === 'D' ? 'detached' : 'killed');
      expect(await gdb.all('g')).toEqual([]);
    }
  });
});

describe('documents', () => {
  test('the target description is read in pieces and numbers its registers in order', async () => {
    const { gdb } = attached();
    let document = '';
    for (let last = 'm'; last === 'm'; ) {
      const piece = await gdb.ask(`qXfer:features:read:target.xml:${document.length.toString(16)},100`);
      last = piece[0]!;
      document += piece.slice(1);
    }
    expect(document).toContain('<architecture>riscv:rv64</architecture>');
    const numbers = [...document.matchAll(/<reg name="(\w+)" bitsize="\d+" regnum="(\d+)"/g)];
    expect(numbers.map((match) => Number(match[2]))).toEqual(numbers.map((_, i) => i));
    expect(numbers[32]![1]).toBe('pc');
    expect(numbers.at(-1)![1]).toBe('priv');
    expect(await gdb.ask('qXfer:features:read:other.xml:0,100')).toBe('E00');
    expect(await gdb.ask('qXfer:memory-map:read::0,100')).toBe('');
  });
  test('the file for symbols, where there is one', async () => {
    const gdb = new ToyGdb(new ToyTarget(), { execFile: '/tmp/race.elf' });
    expect(await gdb.ask('qSupported')).toContain('qXfer:exec-file:read+');
    expect(await gdb.ask('qXfer:exec-file:read::0,fff')).toBe('l/tmp/race.elf');
  });
});

describe('looking', () => {
  test('registers, all and one by one, each as wide as it is', async () => {
    const { gdb } = attached();
    const general = await gdb.ask('g');
    expect(general).toHaveLength(33 * 16);
    expect(general.slice(32 * 16)).toBe(hexOfRegister(LOOP_AT + 8n));
    expect(await gdb.ask('p20')).toBe(hexOfRegister(LOOP_AT + 8n));
    expect(await gdb.ask('p22')).toBe('00000000');
    expect(await gdb.ask('pfff')).toMatch(/^E/);
  });
  test('memory through the page tables, as far as mapped', async () => {
    const { gdb } = attached();
    expect(await gdb.ask(`m${hex(COUNTER_VA)},8`)).toBe(hexOfRegister(502n / 6n));
    expect(await gdb.ask(`m${hex(LOOP_AT + 0x1ffcn)},8`)).toHaveLength(8);
    expect(await gdb.ask('mdead00000000,8')).toBe('E0e');
    expect(await gdb.ask(`x${hex(COUNTER_VA)},2`)).toBe(`b${String.fromCharCode(83)}\0`);
  });
  test('nothing can be changed, and the refusal says what to do', async () => {
    const { gdb } = attached();
    expect(await gdb.ask(`X${hex(COUNTER_VA)},0:`)).toBe('OK');
    for (const packet of [`X${hex(COUNTER_VA)},1:x`, `M${hex(COUNTER_VA)},1:00`, 'P20=0000000000000000', 'G00']) {
      expect(await gdb.ask(packet)).toMatch(/^E\..*monitor live/);
    }
    expect(gdb.notices).toHaveLength(4);
    const [told, stop] = await gdb.all('s');
    expect(Buffer.from(told!.slice(1), 'hex').toString()).toContain('monitor live');
    expect(stop).toMatch(/^T05/);
    expect(await gdb.all('s')).toHaveLength(1);
    expect(await gdb.ask('c80000000')).toMatch(/^E/);
  });
});

describe('going on and back', () => {
  test('steps, and tells where the recording begins and ends', async () => {
    const { gdb, target } = attached(998n);
    expect(await gdb.ask('vCont;s:1;c')).toMatch(/^T05thread:1;/);
    expect(await gdb.ask('s')).toContain(`20:${hexOfRegister(LOOP_AT + 16n)};`);
    expect(await gdb.ask('s')).toMatch(/^T05replaylog:end;/);
    expect(await gdb.ask('bs')).toMatch(/^T05thread:1;/);
    expect(target.now).toBe(999n);
    expect(await gdb.ask('bc')).toMatch(/^T05replaylog:begin;/);
    expect(await gdb.ask('bs')).toMatch(/^T05replaylog:begin;/);
    expect(target.now).toBe(0n);
    expect(await gdb.ask('vCont;c')).toMatch(/^T05replaylog:end;/);
    expect(await gdb.ask('?')).toMatch(/^T05replaylog:end;/);
  });
  test('at the end nothing goes further, with a breakpoint right behind the next instruction or without', async () => {
    const { target, gdb } = attached();
    await gdb.monitor('goto end');
    const [behind] = successors(target, 0);
    expect(await gdb.ask(`Z0,${hex(behind!)},2`)).toBe('OK');
    for (const on of ['c', 'vCont;c', 's', 'vCont;s:1;c', `vCont;r${hex(LOOP_AT)},${hex(LOOP_AT + 24n)}:1`]) {
      expect(await gdb.ask(on)).toMatch(/^T05replaylog:end;/);
      expect(target.now).toBe(target.end);
    }
  });
  test('breakpoints of both kinds, forwards and backwards, without a change of memory', async () => {
    const { gdb, target } = attached();
    expect(await gdb.ask(`Z0,${hex(STORE_PC)},2`)).toBe('OK');
    expect(await gdb.ask(`m${hex(STORE_PC)},4`)).toBe('0c0d0e0f');
    expect(await gdb.ask('c')).toMatch(/^T05swbreak:;thread:1;/);
    expect(target.now).toBe(501n);
    expect(await gdb.ask('bc')).toMatch(/^T05swbreak:;/);
    expect(target.now).toBe(495n);
    expect(await gdb.ask(`z0,${hex(STORE_PC)},2`)).toBe('OK');
    expect(await gdb.ask(`Z1,${hex(LOAD_PC)},4`)).toBe('OK');
    expect(await gdb.ask('c')).toMatch(/^T05hwbreak:;/);
    expect(target.now).toBe(496n);
    expect(await gdb.ask(`Z5,${hex(LOAD_PC)},4`)).toBe('');
    expect(await gdb.ask('Z0,xyz,4')).toMatch(/^E/);
  });
  test('a range is stepped until pc leaves it', async () => {
    const { gdb, target } = attached(498n);
    expect(await gdb.ask(`vCont;r${hex(LOOP_AT)},${hex(STORE_PC)}:1`)).toMatch(/^T05thread/);
    expect(target.now).toBe(501n);
  });
  test('watchpoints stop with the access still to be made, in either direction', async () => {
    const { gdb, target } = attached();
    expect(await gdb.ask(`Z2,${hex(COUNTER_VA)},8`)).toBe('OK');
    expect(await gdb.ask('c')).toMatch(new RegExp(`^T05watch:${hex(COUNTER_VA)};thread:1;`));
    expect(target.now).toBe(501n);
    expect(await gdb.ask('c')).toMatch(/^T05watch/);
    expect(target.now).toBe(507n);
    expect(await gdb.ask('bc')).toMatch(/^T05watch/);
    expect(target.now).toBe(502n);
    expect(await gdb.ask('bc')).toMatch(/^T05watch/);
    expect(target.now).toBe(496n);
    await gdb.ask(`z2,${hex(COUNTER_VA)},8`);
    expect(await gdb.ask(`Z3,${hex(COUNTER_VA)},8`)).toBe('OK');
    expect(await gdb.ask('c')).toMatch(/^T05rwatch/);
    expect(await gdb.ask(`Z4,${hex(COUNTER_VA)},8`)).toBe('OK');
    expect(await gdb.ask('Z2,dead00000000,8')).toMatch(/^E\..*not mapped/);
  });
  test('a watchpoint stays with its bytes while another address space is in use', async () => {
    const { gdb, target } = attached();
    expect(await gdb.ask(`Z2,${hex(COUNTER_VA)},8`)).toBe('OK');
    expect(await gdb.ask(`z2,${hex(COUNTER_VA)},8`)).toBe('OK');
    target.satp = 1n;
    expect(await gdb.ask(`Z2,${hex(COUNTER_VA)},8`)).toBe('OK');
    expect(await gdb.ask('c')).toMatch(/^T05watch/);
    expect(await gdb.ask(`z2,${hex(COUNTER_VA)},8`)).toBe('OK');
    // Continued without it: it was deleted, and is a new one when it comes again.
    await gdb.ask('c');
    target.now = tick(500);
    expect(await gdb.ask(`Z2,${hex(COUNTER_VA)},8`)).toBe('OK');
    expect(await gdb.ask('c')).toMatch(/^T05replaylog:end/);
  });
  test('an interrupt ends a long run; one that comes late is not kept for the next run', async () => {
    const { gdb, target } = attached(0n);
    gdb.onBreathe = () => {
      if (target.now === 200n) void gdb.raw('\x03');
    };
    expect(await gdb.ask('c')).toMatch(/^T02thread:1;/);
    expect(target.now).toBe(200n);
    gdb.onBreathe = () => {};
    await gdb.raw('\x03');
    expect(await gdb.ask('c')).toMatch(/^T05replaylog:end/);
  });
  test('an interrupt of a run that ends by itself stops the next one', async () => {
    const { gdb, target } = attached(0n);
    expect(await gdb.ask('Z0,80000008,4')).toBe('OK');
    const forward = target.forward.bind(target);
    target.forward = async (...asked) => {
      const stop = await forward(...asked);
      void gdb.raw('\x03');
      return stop;
    };
    expect(await gdb.ask('c')).toMatch(/^T05(swbreak|hwbreak)/);
    const { now } = target;
    target.forward = forward;
    expect(await gdb.ask('c')).toMatch(/^T02/);
    expect(target.now).toBe(now);
    expect(await gdb.ask('c')).toMatch(/^T05(swbreak|hwbreak)/);
  });
  test('what comes while the guest runs waits', async () => {
    const { gdb, target } = attached(0n);
    let asked = false;
    gdb.onBreathe = () => {
      if (!asked) void gdb.raw('$qC#b4');
      asked = true;
    };
    expect((await gdb.all('c')).map((answer) => answer.slice(0, 3))).toEqual(['T05', 'QC1']);
    expect(target.now).toBe(1000n);
  });
});

describe('monitor', () => {
  test('moves and tells where it is', async () => {
    const { gdb, target } = attached();
    expect(await gdb.monitor('when')).toBe('tick 500 of 1,000: M-mode at 0x80000008 loop+8\n');
    expect(await gdb.monitor('when-ticks')).toBe('Current tick: 500\n');
    expect(await gdb.monitor('step-into-traps maybe')).toContain('maybe is neither on nor off; give on or off');
    expect(await gdb.monitor('goto 1_2')).toMatch(/^tick 12 of/);
    expect(await gdb.monitor('goto +10')).toMatch(/^tick 22 of/);
    expect(await gdb.monitor('goto 1001')).toContain('tick 1,001 is not in the recording');
    expect(await gdb.monitor('goto x')).toContain('give a number');
    await gdb.monitor('goto-end');
    expect(target.now).toBe(1000n);
    expect(await gdb.ask('?')).toMatch(/^T05thread/);
    expect(await gdb.monitor('elapsed-time')).toBe('Elapsed Time (s): 0.0001000\n');
  });
  test('checkpoints by number', async () => {
    const { gdb, target } = attached();
    expect(await gdb.monitor('info checkpoints')).toBe('No checkpoints.\n');
    expect(await gdb.monitor('checkpoint')).toBe('Checkpoint 1 at tick 500\n');
    await gdb.monitor('goto 7');
    await gdb.monitor('checkpoint');
    expect(await gdb.monitor('info checkpoints')).toBe('1  tick 500\n2  tick 7\n');
    await gdb.monitor('restart 1');
    expect(target.now).toBe(500n);
    expect(await gdb.monitor('delete checkpoint 1')).toBe('Deleted checkpoint 1\n');
    expect(await gdb.monitor('restart 1')).toContain('there is no checkpoint 1');
  });
  test('the past is asked about from where one stands', async () => {
    const { gdb, target } = attached();
    expect(await gdb.monitor('last-write counter')).toBe(
      'tick 495: written by 0x8000000c loop+12\n  before 0x52, after 0x53\n  to stand before it: monitor goto 495\n',
    );
    expect(await gdb.monitor('console 2')).toBe(`${'300'.padStart(16)}  line 300\n${'400'.padStart(16)}  line 400\n`);
    expect(await gdb.monitor('events 3')).toBe('the last 3 events before 500\n');
    expect(await gdb.monitor(`phys 0x${hex(COUNTER_AT)} 0x10`)).toContain('53 00 00 00');
    expect(await gdb.monitor('phys 16')).toContain('not in RAM');
    expect(target.now).toBe(500n);
  });
  test('gdb hears a sign of life between packets while a long word works', async () => {
    const { gdb } = attached();
    await gdb.ask('QStartNoAckMode');
    gdb.speaks = true;
    gdb.take();
    expect(await gdb.monitor('console 1')).toContain('line 400');
    expect(gdb.take()).toMatch(/^\+{2,}\$O/);
  });
  test('an interrupted word leaves the guest where it was, and answers with one packet and no text', async () => {
    const { gdb, target } = attached();
    gdb.onBreathe = () => void gdb.raw('\x03');
    for (const word of ['goto 900', 'console', 'last-write counter']) {
      expect(await gdb.all(`qRcmd,${Buffer.from(word).toString('hex')}`)).toEqual(['OK']);
      expect(target.now).toBe(500n);
    }
  });
  test('going live is offered, and unknown words get help', async () => {
    const { gdb } = attached();
    expect(await gdb.monitor('live')).toBe('live at 500\n');
    expect(await gdb.monitor('frobnicate')).toMatch(/^there is no word frobnicate; there are:\n(?: {2}.+\n){15}/);
    expect(await gdb.monitor('help')).toMatch(/last-write ADDR/);
    expect(await gdb.ask('qRcmd,zz')).toMatch(/^E/);
  });
});
