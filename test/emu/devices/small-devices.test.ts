import { expect, test } from 'vitest';
import { Clint } from '../../../src/emu/devices/clint.ts';
import { GoldfishRtc } from '../../../src/emu/devices/goldfish-rtc.ts';
import { TestFinisher } from '../../../src/emu/devices/test-finisher.ts';

function clint() {
  const s = { msip: [false, false], compare: [~0n & 0xffff_ffff_ffff_ffffn, 5n], time: 0x1_2345_6789n };
  const device = new Clint({
    harts: 2,
    softwareInterrupt: (hart) => s.msip[hart]!,
    setSoftwareInterrupt: (hart, level) => {
      s.msip[hart] = level;
    },
    compare: (hart) => s.compare[hart]!,
    setCompare: (hart, time) => {
      s.compare[hart] = time;
    },
    time: () => s.time,
    setTime: (time) => {
      s.time = time;
    },
  });
  return { device, s };
}

test('clint: msip is one bit of each hart', () => {
  const { device, s } = clint();
  device.write(4, 4, 0xffff_ffff);
  expect([s.msip, device.read(0, 4), device.read(4, 4), device.read(8, 4)]).toEqual([[false, true], 0, 1, 0]);
  device.write(4, 4, 0xffff_fffe);
  expect(s.msip).toEqual([false, false]);
});

test('clint: mtimecmp and mtime are written and read by halves', () => {
  const { device, s } = clint();
  device.write(0x4000, 4, 0xdead_beef);
  device.write(0x4004, 4, 0x1234_5678);
  expect(s.compare).toEqual([0x1234_5678_dead_beefn, 5n]);
  expect([device.read(0x4000, 4), device.read(0x4004, 4)]).toEqual([0xdead_beef, 0x1234_5678]);
  expect([device.read(0xbff8, 4), device.read(0xbffc, 4)]).toEqual([0x2345_6789, 1]);
  device.write(0xbffc, 4, 7);
  expect(s.time).toBe(0x7_2345_6789n);
});

test('clint: what is not a register reads 0 and takes nothing', () => {
  const { device, s } = clint();
  for (const offset of [8, 0x4010, 0xbff0, 0xc000]) {
    device.write(offset, 4, 1);
    expect(device.read(offset, 4)).toBe(0);
  }
  device.write(0x4000, 1, 1);
  expect([s.compare[0], device.read(0xbff8, 2)]).toEqual([0xffff_ffff_ffff_ffffn, 0]);
});

function rtc() {
  const s = { now: 0x1_0000_0000n * 5n + 7n, level: false, changes: 0 };
  const device = new GoldfishRtc({
    interrupt: (level) => {
      s.level = level;
    },
    now: () => s.now,
    alarmChanged: () => {
      s.changes++;
    },
  });
  const read = (offset: number) => device.read(offset, 4);
  const write = (offset: number, value: number) => device.write(offset, 4, value);
  const alarm = (at: bigint) => {
    write(0x0c, Number(at >> 32n));
    write(0x08, Number(at & 0xffff_ffffn));
  };
  return { device, s, read, write, alarm };
}

test('rtc: reading the low half latches the high half', () => {
  const { s, read } = rtc();
  expect(read(0)).toBe(7);
  s.now = 0x1_0000_0000n * 6n;
  expect(read(4)).toBe(5);
  expect([read(0), read(4)]).toEqual([0, 6]);
});

test('rtc: the guest sets the time', () => {
  const { s, read, write } = rtc();
  write(4, 100);
  write(0, 1000);
  s.now += 5n;
  expect([read(0), read(4)]).toEqual([1005, 100]);
});

test('rtc: the alarm fires when time comes and interrupts while enabled', () => {
  const { device, s, read, write, alarm } = rtc();
  write(0x10, 1);
  alarm(s.now + 100n);
  expect([read(0x18), s.level, device.alarmAt]).toEqual([1, false, s.now + 100n]);
  device.expire(s.now + 99n);
  expect(s.level).toBe(false);
  device.expire(s.now + 100n);
  expect([read(0x18), s.level, device.alarmAt]).toEqual([0, true, undefined]);
  write(0x1c, 1);
  expect(s.level).toBe(false);
});

test('rtc: an alarm in the past fires at once; a cleared one does not fire', () => {
  const { device, s, write, alarm } = rtc();
  write(0x10, 1);
  alarm(1n);
  expect(s.level).toBe(true);
  write(0x1c, 1);
  alarm(s.now + 10n);
  write(0x14, 1);
  device.expire(s.now + 20n);
  expect(s.level).toBe(false);
});

test('rtc: setting the clock past the alarm fires it, and the alarm moves with the clock', () => {
  const { device, s, read, write, alarm } = rtc();
  write(0x10, 1);
  alarm(s.now + 1000n);
  write(0, read(0) + 400);
  expect(device.alarmAt).toBe(s.now + 600n);
  write(0, read(0) + 600);
  expect(s.level).toBe(true);
});

test('rtc: state survives save and restore', () => {
  const a = rtc();
  a.write(0x10, 1);
  a.write(0, 1);
  a.alarm(a.s.now + 50n);
  a.read(0);
  const b = rtc();
  b.device.restore(structuredClone(a.device.save()));
  expect(b.device.save()).toEqual(a.device.save());
  b.device.expire(b.s.now + 60n);
  expect(b.s.level).toBe(true);
});

test('finisher: pass, fail with a code, reset; nothing else', () => {
  const said: string[] = [];
  const device = new TestFinisher({ finish: (code) => said.push(`finish ${code}`), reset: () => said.push('reset') });
  device.write(0, 4, 0x5555);
  device.write(0, 4, (42 << 16) | 0x3333);
  device.write(0, 2, 0x7777);
  device.write(4, 4, 0x5555);
  device.write(0, 4, 0x1234);
  device.write(0, 1, 0x55);
  expect(said).toEqual(['finish 0', 'finish 42', 'reset']);
});
