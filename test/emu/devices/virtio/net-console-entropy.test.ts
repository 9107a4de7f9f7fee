import { expect, test } from 'vitest';
import { VirtioConsole } from '../../../../src/emu/devices/virtio/console.ts';
import { VirtioEntropy } from '../../../../src/emu/devices/virtio/entropy.ts';
import { Feature } from '../../../../src/emu/devices/virtio/function.ts';
import { Register } from '../../../../src/emu/devices/virtio/mmio.ts';
import { VirtioNet } from '../../../../src/emu/devices/virtio/net.ts';
import type { Output } from '../../../../src/emu/machine/events.ts';
import { BASE } from '../fake-memory.ts';
import { TestDriver } from './driver.ts';

const MERGEABLE = 1n << 15n;
const at = (n: number) => BASE + 0x2_0000n + BigInt(n * 4096);
const MAC = Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x56);
const frame = (length: number) => Uint8Array.from({ length }, (_, i) => i & 0xff);

function net(features = Feature.version1 | MERGEABLE) {
  const emitted: Output[] = [];
  const ports = { name: 'virtio1', emit: (output: Output) => emitted.push(output) };
  const driver = new TestDriver((link) => new VirtioNet(link, ports, MAC, 1500)).start(features);
  return { driver, emitted, device: driver.device.function, memory: driver.memory };
}

test('net: configuration space has MAC, link status and MTU', () => {
  const { driver } = net();
  const config = Array.from({ length: 12 }, (_, i) => driver.device.read(0x100 + i, 1));
  expect(config).toEqual([...MAC, 1, 0, 1, 0, 0xdc, 0x05]);
});

test('net: a frame leaves without its header', () => {
  const { driver, emitted, memory } = net();
  memory.write(at(0), new Uint8Array(12));
  memory.write(at(1), frame(60));
  driver.add(1, [
    { pa: at(0), length: 12 },
    { pa: at(1), length: 60 },
  ]);
  driver.notify(1);
  expect(emitted).toEqual([{ kind: 'packet', device: 'virtio1', frame: frame(60) }]);
  expect([driver.used(1), driver.interrupt]).toEqual([[{ id: 0, length: 0 }], true]);
});

test('net: without VERSION_1 and mergeable buffers the header has 10 bytes', () => {
  const { driver, emitted, device, memory } = net(0n);
  memory.write(at(0) + 10n, frame(20));
  driver.add(1, [{ pa: at(0), length: 30 }]);
  driver.notify(1);
  expect(emitted).toEqual([{ kind: 'packet', device: 'virtio1', frame: frame(20) }]);
  driver.add(0, [{ pa: at(2), length: 100, write: true }]);
  device.receive(frame(30));
  expect(driver.used(0)).toEqual([{ id: 0, length: 40 }]);
  expect(memory.read(at(2) + 10n, 30)).toEqual(frame(30));
});

test('net: a received frame fills several mergeable buffers, given back together', () => {
  const { driver, device, memory } = net();
  for (let i = 0; i < 3; i++) driver.add(0, [{ pa: at(i), length: 40, write: true }]);
  driver.notify(0);
  device.receive(frame(80));
  expect(driver.used(0)).toEqual([
    { id: 0, length: 40 },
    { id: 1, length: 40 },
    { id: 2, length: 12 },
  ]);
  expect(memory.read(at(0), 12)).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0));
  expect(memory.read(at(0) + 12n, 28)).toEqual(frame(80).subarray(0, 28));
  expect(memory.read(at(2), 12)).toEqual(frame(80).subarray(68));
});

test('net: says how many buffers wait for frames', () => {
  const { driver, device } = net();
  expect(device.room).toBe(0);
  for (let i = 0; i < 3; i++) driver.add(0, [{ pa: at(i), length: 100, write: true }]);
  expect(device.room).toBe(3);
  device.receive(frame(60));
  expect(device.room).toBe(2);
  const unready = new TestDriver((link) => new VirtioNet(link, { name: 'virtio1', emit: () => {} }, MAC, 1500)).device
    .function;
  expect(unready.room).toBe(undefined);
});

test('net: a frame for which there is no room is dropped whole and takes no buffer', () => {
  const { driver, device, memory } = net();
  device.receive(frame(60));
  driver.add(0, [{ pa: at(0), length: 40, write: true }]);
  device.receive(frame(60));
  expect([device.save().droppedReceived, driver.used(0), memory.read(at(0), 40)]).toEqual([2, [], new Uint8Array(40)]);
  device.receive(frame(20));
  expect(driver.used(0)).toEqual([{ id: 0, length: 32 }]);
  device.receive(frame(1519));
  expect(device.save().droppedReceived).toBe(3);
});

test('net: frames too long or too short do not leave', () => {
  const { driver, emitted, device } = net();
  driver.add(1, [{ pa: at(0), length: 12 + 13 }]);
  driver.add(1, [{ pa: at(0), length: 12 + 1519 }]);
  driver.notify(1);
  expect([emitted, driver.used(1).length, device.save().droppedSent]).toEqual([[], 2, 2]);
});

function terminal() {
  const emitted: Output[] = [];
  const ports = { name: 'virtio2', emit: (output: Output) => emitted.push(output) };
  const driver = new TestDriver((link) => new VirtioConsole(link, ports)).start(Feature.version1 | (1n << 2n));
  return { driver, emitted, device: driver.device.function, memory: driver.memory };
}

test('console: bytes leave, arrive, and wait for a buffer', () => {
  const { driver, emitted, device, memory } = terminal();
  memory.write(at(0), frame(5));
  driver.add(1, [{ pa: at(0), length: 5 }]);
  driver.notify(1);
  expect(emitted).toEqual([{ kind: 'console', device: 'virtio2', bytes: frame(5) }]);
  device.receive(frame(10));
  driver.add(0, [{ pa: at(1), length: 4, write: true }]);
  driver.add(0, [{ pa: at(2), length: 16, write: true }]);
  driver.notify(0);
  expect(driver.used(0)).toEqual([
    { id: 0, length: 4 },
    { id: 1, length: 6 },
  ]);
  expect([memory.read(at(1), 4), memory.read(at(2), 6)]).toEqual([frame(10).subarray(0, 4), frame(10).subarray(4)]);
  expect(device.save().waiting).toHaveLength(0);
});

test('console: waiting bytes survive a reset of the device, save and restore', () => {
  const { driver, device } = terminal();
  device.receive(frame(10));
  driver.write(Register.status, 0);
  const other = terminal();
  other.driver.device.restore(structuredClone(driver.device.save()));
  expect(other.device.save().waiting).toEqual(frame(10));
});

test('console: emergency write needs no driver', () => {
  const { driver, emitted } = terminal();
  driver.write(Register.status, 0);
  driver.write(Register.config + 8, 0x41);
  expect(emitted).toEqual([{ kind: 'console', device: 'virtio2', bytes: Uint8Array.of(0x41) }]);
});

function entropy() {
  const emitted: Output[] = [];
  const ports = { name: 'virtio3', emit: (output: Output) => emitted.push(output) };
  const driver = new TestDriver((link) => new VirtioEntropy(link, ports)).start(Feature.version1);
  return { driver, emitted, device: driver.device.function, memory: driver.memory };
}

test('entropy: a request goes out and its bytes come back', () => {
  const { driver, emitted, device, memory } = entropy();
  driver.add(0, [
    { pa: at(0), length: 8, write: true },
    { pa: at(1), length: 8, write: true },
  ]);
  driver.notify(0);
  expect(emitted).toEqual([{ kind: 'entropy', device: 'virtio3', request: 0, length: 16 }]);
  expect(device.pending).toEqual(emitted);
  expect(() => device.completed(0, frame(17))).toThrow('17 bytes');
  device.completed(0, frame(16));
  expect([memory.read(at(0), 8), memory.read(at(1), 8)]).toEqual([frame(16).subarray(0, 8), frame(16).subarray(8)]);
  expect([driver.used(0), device.pending]).toEqual([[{ id: 0, length: 16 }], []]);
});

test('entropy: after a reset the answer to a forgotten request changes nothing', () => {
  const { driver, device, memory } = entropy();
  driver.add(0, [{ pa: at(0), length: 8, write: true }]);
  driver.notify(0);
  driver.start(Feature.version1);
  const other = entropy();
  other.driver.device.restore(structuredClone(driver.device.save()));
  expect(other.device.pending).toHaveLength(1);
  device.completed(0, frame(8));
  expect([memory.read(at(0), 8), driver.used(0), device.pending]).toEqual([new Uint8Array(8), [], []]);
});
