/**
 * Bytes that no gdb would send: packets malformed, cut, run together, interrupted, out of order. After each burst the
 * connection must answer as one that has seen nothing: the oracle is the toy's state itself.
 */
import { expect } from 'vitest';
import { hexOfRegister } from '../../../src/debug/gdb/hex.ts';
import { Random } from '../../emu/cpu/random.ts';
import { bodiesOf, framed, ToyGdb } from './toy-gdb.ts';
import { COUNTER_VA, STORE_PC, ToyTarget } from './toy-target.ts';

const HEX = '0123456789abcdef';
const WORDS = [
  'when',
  'goto 5',
  'goto -3',
  'checkpoint',
  'restart 1',
  'console',
  'last-write counter',
  'phys 0x80000000',
  'x',
];
const SEEDS = [
  'g',
  'p20',
  'pffffffffff',
  'm80001000,8',
  'mffffffff80001000,8',
  'm,',
  'x80001000,2000',
  'M80001000,1:00',
  'G00',
  'P1=00',
  'X80001000,0:',
  'X80001000,2:}#',
  'Z0,8000000c,2',
  // Where the toy's memory says that the instruction at the recording's end leads.
  'Z0,80000012,2',
  'z0,8000000c,2',
  'Z1,80000010,4',
  'z1,80000010,4',
  'Z9,0,0',
  'Z2,ffffffff80001000,8',
  'z2,ffffffff80001000,8',
  'Z3,80001000,8',
  'z3,80001000,8',
  'Z4,80001004,ffffffff',
  'c',
  's',
  'bc',
  'bs',
  'C05',
  'S05;80',
  'vCont;c',
  'vCont;s:1;c',
  'vCont;t',
  'vCont;r80000000,8000000c:1',
  'vCont;',
  'vCont?',
  'vFile:x',
  '?',
  'Hg1',
  'Hc-1',
  'Hgp1.1',
  'T1',
  'T0',
  'qC',
  'qSupported:a+;b=c',
  'qXfer:features:read:target.xml:0,fff',
  'qXfer:threads:read::5,1',
  'qXfer:features:read:target.xml:ffffffffffffffff,1',
  'qXfer:',
  'qfThreadInfo',
  'qsThreadInfo',
  'qThreadExtraInfo,1',
  'qRcmd,zz',
  'qSymbol::',
  'qRcmd,',
  '!',
  'R00',
  'vRun;',
  '',
  '\0',
  'QNonStop:1',
];

function body(random: Random): string {
  const kind = random.below(10);
  if (kind === 0) return `qRcmd,${Buffer.from(random.pick(WORDS)).toString('hex')}`;
  const seed = random.pick(SEEDS);
  if (kind < 5) return seed;
  const at = random.below(seed.length + 1);
  const junk = Array.from({ length: random.below(6) }, () =>
    random.below(2) === 0 ? random.pick([...HEX]) : String.fromCharCode(random.below(256)),
  ).join('');
  return seed.slice(0, at) + junk + seed.slice(at + random.below(3));
}

/** One packet's bytes, as they should be or not. */
function packet(random: Random): number[] {
  const bytes = [...framed(body(random))];
  switch (random.below(12)) {
    case 0:
      return bytes.slice(0, random.below(bytes.length));
    case 1:
      return bytes.slice(random.below(bytes.length));
    case 2:
      bytes[random.below(bytes.length)] = random.below(256);
      return bytes;
    case 3:
      return [...bytes.slice(0, 3), 0x03, ...bytes.slice(3)];
    case 4:
      return [0x03, ...bytes];
    case 5:
      return [...bytes, 0x03];
    case 6:
      return [random.pick([0x2b, 0x2d, 0x23, 0x7d, 0x25]), ...bytes];
    default:
      return bytes;
  }
}

/** What the toy's state makes of it; asked on a connection that a burst has gone over. */
async function probe(gdb: ToyGdb, target: ToyTarget): Promise<void> {
  // Whatever was cut ends here, and what was set goes.
  for (const [type, va, length] of [
    [0, STORE_PC, 2],
    [2, COUNTER_VA, 8],
  ] as const) {
    expect(await gdb.ask(`z${type},${va.toString(16)},${length}`)).toBe('OK');
  }
  const pc = hexOfRegister(target.readRegister(0, 'pc'));
  expect((await gdb.ask('g')).slice(32 * 16)).toBe(pc);
  expect(await gdb.ask(`m${COUNTER_VA.toString(16)},8`)).toBe(hexOfRegister(target.counter));
  expect(await gdb.ask('?')).toContain(`20:${pc};`);
  expect(await gdb.ask('qC')).toBe('QC1');
  expect(await gdb.ask('m0,8')).toBe('E0e');
  const before = target.now;
  expect(await gdb.ask('Hg1')).toBe('OK');
  if (before > 0n && before < target.end) {
    await gdb.monitor('goto -1');
    expect(target.now).toBe(before - 1n);
    await gdb.monitor('goto +1');
    expect(target.now).toBe(before);
  }
}

/** `packets` packets in bursts, on connections that end when a packet says so. Throws at the first wrong answer. */
export async function fuzz(seed: number, packets: number): Promise<void> {
  const random = new Random(seed);
  let gdb: ToyGdb | undefined;
  let target = new ToyTarget(400);
  for (let done = 0; done < packets; ) {
    if (gdb === undefined || gdb.connection.left !== undefined) {
      target = new ToyTarget(400);
      gdb = new ToyGdb(target);
      gdb.onBreathe = () => {
        if (random.below(8) === 0) void gdb!.raw(Uint8Array.from(packet(random)));
      };
    }
    const burst: number[] = [];
    for (let left = 1 + random.below(20); left > 0; left--, done++) burst.push(...packet(random));
    const cut = random.below(burst.length + 1);
    const from = gdb.sent.length;
    void gdb.raw(Uint8Array.from(burst.slice(0, cut)));
    if (random.below(2) === 0) await Promise.resolve();
    await gdb.raw(Uint8Array.from(burst.slice(cut)));
    // Every answer is a sound packet.
    bodiesOf(gdb.sent.slice(from));
    if (gdb.connection.left === undefined) {
      const { onBreathe } = gdb;
      gdb.onBreathe = () => {};
      await probe(gdb, target);
      gdb.onBreathe = onBreathe;
    }
  }
}
