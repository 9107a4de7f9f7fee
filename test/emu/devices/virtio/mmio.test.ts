import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EmptySlot } from '../../../../src/emu/devices/virtio/empty-slot.ts';
import { Feature, type VirtioFunction, type VirtioLink } from '../../../../src/emu/devices/virtio/function.ts';
import { Interrupt, Register, Status } from '../../../../src/emu/devices/virtio/mmio.ts';
import { gather } from '../../../../src/emu/devices/virtio/segments.ts';
import type { Chain } from '../../../../src/emu/devices/virtio/virtqueue.ts';
import { BASE, FakeMemory } from '../fake-memory.ts';
import { TestDriver } from './driver.ts';

/** Takes every request and gives it back at once, or when told. */
class Echo implements VirtioFunction<null> {
  readonly deviceId = 77;
  readonly features = 1n << 3n;
  readonly queueSizes = [64, 16];
  readonly config = Uint8Array.of(1, 2, 3, 4, 5, 6);
  readonly link: VirtioLink;
  readonly taken: Chain[] = [];
  holding = false;
  abandoned = 0;

  constructor(link: VirtioLink) {
    this.link = link;
  }
  notify(queue: number): void {
    for (let chain = this.link.queues[queue]!.pop(); chain; chain = this.link.queues[queue]!.pop()) {
      this.taken.push(chain);
      gather(this.link.memory, chain.readable);
      if (!this.holding) this.link.complete(queue, [{ head: chain.head, length: 3 }]);
    }
  }
  abandon(): void {
    this.abandoned++;
  }
  save(): null {
    return null;
  }
  restore(): void {}
}
const ALL = Feature.version1 | Feature.indirect | Feature.eventIndex;
const DATA = BASE + 0x2_0000n;
const started = (features: bigint = Feature.version1) => new TestDriver((link) => new Echo(link)).start(features);

test('identification', () => {
  const driver = new TestDriver((link) => new Echo(link));
  const read = (name: keyof typeof Register) => driver.read(Register[name]);
  expect([read('magicValue'), read('version'), read('deviceId')]).toEqual([0x74726976, 2, 77]);
  expect(read('vendorId')).toBe(0x554d4551);
  driver.write(Register.queueSel, 1);
  expect(read('queueNumMax')).toBe(16);
  driver.write(Register.queueSel, 2);
  expect(read('queueNumMax')).toBe(0);
  expect([driver.device.read(0x100, 4), driver.device.read(0x102, 2), driver.device.read(0x105, 4)]).toEqual([
    0x04030201, 0x0403, 6,
  ]);
});

test('an empty slot has device id 0', () => {
  expect(new TestDriver(() => new EmptySlot()).read(Register.deviceId)).toBe(0);
});

test('features: what was not offered is refused', () => {
  expect(started(1n << 3n).read(Register.status) & Status.featuresOk).toBe(Status.featuresOk);
  expect(started(1n << 4n).read(Register.status) & Status.featuresOk).toBe(0);
  const driver = started(Feature.version1);
  driver.write(Register.driverFeaturesSel, 0);
  driver.write(Register.driverFeatures, 8);
  expect(driver.device.save().driverFeatures).toBe(Feature.version1);
});

test.each([false, true])('a chain is read, given back and interrupts (indirect %s)', (indirect) => {
  const driver = started(ALL);
  driver.add(
    0,
    [
      { pa: DATA, length: 5 },
      { pa: DATA + 64n, length: 7, write: true },
    ],
    { indirect },
  );
  driver.notify(0);
  expect(driver.used(0)).toEqual([{ id: 0, length: 3 }]);
  expect(driver.device.function.taken).toEqual([
    { head: 0, readable: [{ pa: DATA, length: 5 }], writable: [{ pa: DATA + 64n, length: 7 }] },
  ]);
  expect([driver.interrupt, driver.acknowledge(), driver.interrupt]).toEqual([true, Interrupt.used, false]);
});

test('the driver holds interrupts back by flag', () => {
  const driver = started();
  driver.setU16(driver.areas(0).avail, 1);
  driver.add(0, [{ pa: DATA, length: 1 }]);
  driver.notify(0);
  expect([driver.used(0).length, driver.interrupt]).toEqual([1, false]);
});

test('event index: one interrupt when the index asked for is passed, one notification when the ring was empty', () => {
  const driver = started(ALL);
  const { avail, used } = driver.areas(0);
  driver.add(0, [{ pa: DATA, length: 1 }]);
  driver.notify(0);
  driver.acknowledge();
  expect(driver.u16(used + 4n + 8n * 16n)).toBe(1);
  driver.setU16(avail + 4n + 2n * 16n, 2);
  for (const [i, level] of [
    [1, false],
    [2, true],
  ] as const) {
    driver.add(0, [{ pa: DATA, length: 1 }]);
    driver.notify(0);
    expect([i, driver.interrupt]).toEqual([i, level]);
  }
  expect(driver.u16(used + 4n + 8n * 16n)).toBe(3);
});

test('indices run over 65535', () => {
  const driver = started(ALL);
  for (let i = 0; i < 70_000; i++) {
    driver.add(0, [{ pa: DATA, length: 1 }]);
    driver.notify(0);
    driver.acknowledge();
  }
  expect(driver.used(0)).toHaveLength(70_000 - 65_536);
  expect(driver.read(Register.status) & Status.needsReset).toBe(0);
});

const broken: Record<string, (driver: TestDriver<Echo>) => void> = {
  'a head outside the table': (d) => d.offer(0, 16),
  'an index too far ahead': (d) => d.setU16(d.areas(0).avail + 2n, 17),
  'a loop': (d) => {
    d.descriptor(d.areas(0).descriptors, 0, DATA, 1, 1, 1);
    d.descriptor(d.areas(0).descriptors, 1, DATA, 1, 1, 0);
    d.offer(0, 0);
  },
  'a successor outside the table': (d) => {
    d.descriptor(d.areas(0).descriptors, 0, DATA, 1, 1, 16);
    d.offer(0, 0);
  },
  'readable after writable': (d) =>
    d.add(0, [
      { pa: DATA, length: 1, write: true },
      { pa: DATA, length: 1 },
    ]),
  'an indirect table of odd length': (d) => {
    d.descriptor(d.areas(0).descriptors, 0, DATA, 17, 4, 0);
    d.offer(0, 0);
  },
  'an indirect table of no length': (d) => {
    d.descriptor(d.areas(0).descriptors, 0, DATA, 0, 4, 0);
    d.offer(0, 0);
  },
  'nested indirect tables': (d) => {
    d.descriptor(DATA, 0, DATA, 16, 4, 0);
    d.descriptor(d.areas(0).descriptors, 0, DATA, 16, 4, 0);
    d.offer(0, 0);
  },
  'a loop in an indirect table': (d) => {
    d.descriptor(DATA, 0, DATA, 1, 1, 0);
    d.descriptor(d.areas(0).descriptors, 0, DATA, 16, 4, 0);
    d.offer(0, 0);
  },
  'memory that is not RAM': (d) => d.add(0, [{ pa: 0x1000n, length: 4 }]),
  'memory past the end of the address space': (d) => d.add(0, [{ pa: (1n << 64n) - 1n, length: 4 }]),
};
test.each(Object.keys(broken))('%s makes the device need a reset, and a reset heals it', (name) => {
  const driver = started(ALL);
  driver.device.function.holding = true;
  broken[name]!(driver);
  driver.notify(0);
  expect(driver.read(Register.status) & Status.needsReset).toBe(Status.needsReset);
  expect([driver.interrupt, driver.acknowledge()]).toEqual([true, Interrupt.config]);
  expect(driver.device.function.abandoned).toBeGreaterThan(0);
  driver.notify(0);
  expect(driver.used(0)).toEqual([]);
  driver.start(ALL);
  driver.device.function.holding = false;
  driver.add(0, [{ pa: DATA, length: 1 }]);
  driver.notify(0);
  expect(driver.used(0)).toHaveLength(1);
});

test('any bytes in the rings neither crash nor hang the device', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 16 * 16, maxLength: 16 * 16 }),
      fc.uint8Array({ minLength: 38, maxLength: 38 }),
      fc.boolean(),
      (descriptors, avail, nearRam) => {
        const driver = started(ALL);
        const areas = driver.areas(0);
        driver.memory.write(areas.descriptors, descriptors);
        if (nearRam) {
          // Addresses inside RAM, so that the walk gets further than its first fault.
          for (let i = 0; i < 16; i++)
            driver.memory.write(areas.descriptors + BigInt(16 * i + 3), Uint8Array.of(0x80, 0, 0, 0, 0));
        }
        driver.memory.write(areas.avail, avail);
        driver.setU16(areas.avail + 2n, avail[2]! % 17);
        driver.notify(0);
        expect(driver.read(Register.magicValue)).toBe(0x74726976);
      },
    ),
    { numRuns: 300 },
  );
});

test('a queue whose size is no power of two cannot be made ready', () => {
  const driver = started();
  driver.write(Register.status, 0);
  driver.write(Register.queueSel, 0);
  driver.write(Register.queueNum, 12);
  driver.write(Register.queueReady, 1);
  expect([driver.read(Register.queueReady), driver.read(Register.status)]).toEqual([0, Status.needsReset]);
});

test('nothing is taken before DRIVER_OK', () => {
  const driver = started();
  driver.write(Register.status, 0);
  driver.setUpQueue(0);
  driver.add(0, [{ pa: DATA, length: 1 }]);
  driver.notify(0);
  expect(driver.device.function.taken).toEqual([]);
});

test('state survives save and restore in the middle of work', () => {
  const a = started(ALL);
  a.add(0, [{ pa: DATA, length: 1 }]);
  a.notify(0);
  const state = structuredClone(a.device.save());
  const b = new TestDriver((link) => new Echo(link));
  b.device.restore(state);
  b.memory.write(BASE, a.memory.bytes);
  expect(b.device.save()).toEqual(state);
  expect(b.read(Register.interruptStatus)).toBe(Interrupt.used);
  b.write(Register.queueNotify, 0);
  expect(b.device.function.taken).toEqual([]);
});

test('memory outside RAM is a fault of the driver, not of the host', () => {
  expect(() => new FakeMemory().read(0n, 1)).toThrow();
});
