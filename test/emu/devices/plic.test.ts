import { expect, test } from 'vitest';
import { Plic } from '../../../src/emu/devices/plic.ts';

const [M, S] = [0, 1];
const enableAt = (context: number, word = 0) => 0x2000 + 0x80 * context + 4 * word;
const thresholdAt = (context: number) => 0x20_0000 + 0x1000 * context;
const claimAt = (context: number) => thresholdAt(context) + 4;

function plic(contexts = 2) {
  const lines = new Array<boolean>(contexts).fill(false);
  const device = new Plic({
    contexts,
    notify: (context, level) => {
      lines[context] = level;
    },
  });
  const read = (offset: number) => device.read(offset, 4);
  const write = (offset: number, value: number) => device.write(offset, 4, value);
  return { device, lines, read, write };
}

test('a line that rises interrupts the contexts that enable it above their threshold', () => {
  const { device, lines, write } = plic();
  write(4 * 10, 2);
  write(enableAt(S!), 1 << 10);
  write(thresholdAt(S!), 2);
  device.setLevel(10, true);
  expect(lines).toEqual([false, false]);
  write(thresholdAt(S!), 1);
  expect(lines).toEqual([false, true]);
});

test('claim gives the highest priority, lowest number among equals, and nothing twice', () => {
  const { device, lines, read, write } = plic();
  for (const [id, priority] of [
    [3, 1],
    [7, 5],
    [40, 5],
  ] as const) {
    write(4 * id, priority);
    device.setLevel(id, true);
  }
  write(enableAt(M!), (1 << 3) | (1 << 7));
  write(enableAt(M!, 1), 1 << 8);
  expect([read(claimAt(M!)), read(claimAt(M!)), read(claimAt(M!)), read(claimAt(M!))]).toEqual([7, 40, 3, 0]);
  expect(lines[M!]).toBe(false);
});

test('the gateway stays closed until completion, then forwards a line that is still high', () => {
  const { device, lines, read, write } = plic();
  write(4 * 5, 1);
  write(enableAt(S!), 1 << 5);
  device.setLevel(5, true);
  expect(read(claimAt(S!))).toBe(5);
  device.setLevel(5, false);
  device.setLevel(5, true);
  expect([lines[S!], read(0x1000)]).toEqual([false, 0]);
  write(claimAt(S!), 5);
  expect([lines[S!], read(0x1000)]).toEqual([true, 1 << 5]);
  read(claimAt(S!));
  device.setLevel(5, false);
  write(claimAt(S!), 5);
  expect(lines[S!]).toBe(false);
});

test('a pending request stays when its line falls before the claim', () => {
  const { device, read, write } = plic();
  write(4 * 5, 1);
  write(enableAt(S!), 1 << 5);
  device.setLevel(5, true);
  device.setLevel(5, false);
  expect([read(claimAt(S!)), read(claimAt(S!))]).toEqual([5, 0]);
});

test('completion by a context that does not enable the source is ignored', () => {
  const { device, lines, read, write } = plic();
  write(4 * 5, 1);
  write(enableAt(S!), 1 << 5);
  device.setLevel(5, true);
  read(claimAt(S!));
  write(claimAt(M!), 5);
  expect(lines[S!]).toBe(false);
  write(claimAt(S!), 5);
  expect(lines[S!]).toBe(true);
});

test('registers: priorities are 3 bits, source 0 and sources past 96 do not exist, priority 0 never interrupts', () => {
  const { device, lines, read, write } = plic();
  write(4 * 96, 0xffff_ffff);
  write(4 * 97, 1);
  write(0, 1);
  expect([read(4 * 96), read(4 * 97), read(0)]).toEqual([7, 0, 0]);
  for (let word = 0; word < 32; word++) write(enableAt(M!, word), 0xffff_ffff);
  expect([read(enableAt(M!)), read(enableAt(M!, 3)), read(enableAt(M!, 4))]).toEqual([0xffff_fffe, 1, 0]);
  device.setLevel(1, true);
  expect(lines[M!]).toBe(false);
});

test('contexts of a second hart are apart', () => {
  const { device, lines, write } = plic(4);
  write(4 * 1, 1);
  write(enableAt(3), 2);
  device.setLevel(1, true);
  expect(lines).toEqual([false, false, false, true]);
});

test('state survives save and restore', () => {
  const a = plic();
  a.write(4 * 5, 3);
  a.write(4 * 6, 2);
  a.write(enableAt(S!), 0x60);
  a.write(thresholdAt(M!), 4);
  a.device.setLevel(5, true);
  a.device.setLevel(6, true);
  a.read(claimAt(S!));
  const state = structuredClone(a.device.save());
  const b = plic();
  b.device.restore(state);
  expect(b.device.save()).toEqual(state);
  b.write(claimAt(S!), 5);
  expect([b.read(claimAt(S!)), b.read(claimAt(S!)), b.read(thresholdAt(M!))]).toEqual([5, 6, 4]);
});
