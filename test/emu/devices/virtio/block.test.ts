import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IN_FLIGHT_MAX, VirtioBlock } from '../../../../src/emu/devices/virtio/block.ts';
import { REQUEST_BYTES_MAX } from '../../../../src/emu/devices/virtio/block-request.ts';
import { Feature } from '../../../../src/emu/devices/virtio/function.ts';
import { Register, Status } from '../../../../src/emu/devices/virtio/mmio.ts';
import type { Output } from '../../../../src/emu/machine/events.ts';
import { MAX_PAYLOAD_BYTES } from '../../../../src/logformat/frame.ts';
import { BASE } from '../fake-memory.ts';
import { TestDriver } from './driver.ts';

const DISK_BYTES = 1024 * 1024;
const HEADERS = BASE + 0x1_0000n;
const STATUSES = BASE + 0x1_8000n;
/** Data page `n`, apart from rings, headers and status bytes. */
const page = (n: number) => BASE + 0x2_0000n + BigInt(n * 4096);
const [IN, OUT, FLUSH, GET_ID, DISCARD, WRITE_ZEROES] = [0, 1, 4, 8, 11, 13] as const;
type DiskOutput = Output & { kind: 'disk' };

class Disk {
  readonly emitted: DiskOutput[] = [];
  readonly driver: TestDriver<VirtioBlock>;
  #count = 0;

  constructor({ readOnly = false, size = 256 } = {}) {
    const emit = (output: Output) => this.emitted.push(output as DiskOutput);
    const geometry = { sizeBytes: DISK_BYTES, readOnly };
    this.driver = new TestDriver(
      (link) => new VirtioBlock(link, { name: 'virtio0', emit }, geometry, 'serial-1'),
      size,
    );
    this.driver.start(Feature.version1 | Feature.indirect | (this.driver.device.function.features & 0xffff_ffffn));
  }
  get device() {
    return this.driver.device.function;
  }
  get memory() {
    return this.driver.memory;
  }

  /** Queues a request; gives the address of its status byte. */
  request(type: number, sector: number, data: { pa: bigint; length: number }[], write: boolean): bigint {
    const n = this.#count++;
    const header = HEADERS + BigInt(16 * n);
    const status = STATUSES + BigInt(n);
    const fields = new DataView(new ArrayBuffer(16));
    fields.setUint32(0, type, true);
    fields.setBigUint64(8, BigInt(sector), true);
    this.memory.write(header, new Uint8Array(fields.buffer));
    this.memory.write(status, Uint8Array.of(0xee));
    const buffers = [
      { pa: header, length: 16 },
      ...data.map((d) => ({ ...d, write })),
      { pa: status, length: 1, write: true },
    ];
    this.driver.add(0, buffers, { indirect: true });
    return status;
  }
  read(sector: number, pa: bigint, length: number): bigint {
    return this.request(IN, sector, [{ pa, length }], true);
  }
  write(sector: number, pa: bigint, length: number): bigint {
    return this.request(OUT, sector, [{ pa, length }], false);
  }
  notify(): void {
    this.driver.notify(0);
  }
  status(at: bigint): number {
    return this.memory.read(at, 1)[0]!;
  }
  ids(): number[] {
    return this.emitted.map(({ request }) => request);
  }
}
const bytes = (length: number, value: number) => new Uint8Array(length).fill(value);
const nothing = new Uint8Array(0);

test('a read changes memory at its completion and not before', () => {
  const disk = new Disk();
  const status = disk.read(3, page(0), 1024);
  disk.notify();
  expect(disk.emitted).toEqual([
    { kind: 'disk', device: 'virtio0', request: 0, operation: { op: 'read', offset: 1536, length: 1024 } },
  ]);
  expect([disk.memory.read(page(0), 1024), disk.status(status), disk.driver.interrupt]).toEqual([
    bytes(1024, 0),
    0xee,
    false,
  ]);
  disk.device.completed(0, 0, bytes(1024, 7));
  expect([disk.memory.read(page(0), 1024), disk.status(status), disk.driver.interrupt]).toEqual([
    bytes(1024, 7),
    0,
    true,
  ]);
  expect(disk.driver.used(0)).toEqual([{ id: 0, length: 1025 }]);
});

test('write data is what memory held at the notification, and is kept for giving out again', () => {
  const disk = new Disk();
  disk.memory.write(page(0), bytes(512, 5));
  const status = disk.write(1, page(0), 512);
  disk.notify();
  disk.memory.write(page(0), bytes(512, 6));
  const operation = { op: 'write', offset: 512, data: bytes(512, 5) };
  expect(disk.device.pending).toEqual([{ kind: 'disk', device: 'virtio0', request: 0, operation }]);
  disk.device.completed(0, 0, nothing);
  expect([disk.device.pending, disk.status(status), disk.driver.used(0)]).toEqual([[], 0, [{ id: 0, length: 1 }]]);
});

test('flush, discard and write zeroes go out; get-id is answered at once', () => {
  const disk = new Disk();
  const range = (sector: bigint, count: number, flags: number) => {
    const view = new DataView(new ArrayBuffer(16));
    view.setBigUint64(0, sector, true);
    view.setUint32(8, count, true);
    view.setUint32(12, flags, true);
    return new Uint8Array(view.buffer);
  };
  disk.memory.write(page(1), range(8n, 4, 0));
  disk.memory.write(page(2), range(100n, 2, 1));
  disk.request(FLUSH, 0, [], false);
  disk.request(DISCARD, 0, [{ pa: page(1), length: 16 }], false);
  disk.request(WRITE_ZEROES, 0, [{ pa: page(2), length: 16 }], false);
  const status = disk.request(GET_ID, 0, [{ pa: page(3), length: 20 }], true);
  disk.notify();
  expect(disk.emitted.map(({ operation }) => operation)).toEqual([
    { op: 'flush' },
    { op: 'discard', offset: 4096, length: 2048, unmap: true },
    { op: 'writeZeroes', offset: 51200, length: 1024, unmap: true },
  ]);
  expect(new TextDecoder().decode(disk.memory.read(page(3), 8))).toBe('serial-1');
  expect([disk.status(status), disk.driver.used(0)]).toEqual([0, [{ id: 3, length: 21 }]]);
});

test('errors: beyond the end, part of a sector, unknown, write to a read-only disk, bad ranges', () => {
  const disk = new Disk();
  const outside = disk.read(DISK_BYTES / 512, page(0), 512);
  const partial = disk.read(0, page(0), 100);
  const huge = disk.read(Number.MAX_SAFE_INTEGER, page(0), 512);
  const unknown = disk.request(99, 0, [], false);
  const range = disk.request(DISCARD, 0, [{ pa: page(0), length: 15 }], false);
  disk.notify();
  expect([outside, partial, huge, unknown, range].map((at) => disk.status(at))).toEqual([1, 1, 1, 2, 2]);
  const readOnly = new Disk({ readOnly: true });
  const refused = readOnly.write(0, page(0), 512);
  readOnly.notify();
  expect([readOnly.status(refused), readOnly.emitted, disk.emitted]).toEqual([1, [], []]);
  const failed = new Disk();
  const status = failed.read(0, page(0), 512);
  failed.notify();
  failed.device.completed(0, 1, nothing);
  expect([failed.status(status), failed.driver.used(0)]).toEqual([1, [{ id: 0, length: 1 }]]);
});

test('a request without a status byte breaks the device', () => {
  const disk = new Disk();
  disk.driver.add(0, [{ pa: HEADERS, length: 16 }]);
  disk.notify();
  expect(disk.driver.read(Register.status) & Status.needsReset).toBe(Status.needsReset);
});

test('completions that were not asked for, or of the wrong length, are mistakes of the host', () => {
  const disk = new Disk();
  disk.read(0, page(0), 512);
  disk.notify();
  expect(() => disk.device.completed(5, 0, nothing)).toThrow('no disk request 5');
  expect(() => disk.device.completed(0, 0, bytes(511, 1))).toThrow('511 bytes');
});

test('requests apart run in parallel, up to the limit, and the rest follow as places free', () => {
  const disk = new Disk();
  for (let i = 0; i < IN_FLIGHT_MAX + 10; i++) disk.read(i, page(0) + BigInt(i * 512), 512);
  disk.notify();
  // Eight requests share each page, so that one in eight is out.
  expect(disk.emitted).toHaveLength(IN_FLIGHT_MAX / 8);
  const other = new Disk();
  for (let i = 0; i < 140; i++) other.write(i, page(0), 512);
  other.notify();
  expect(other.emitted).toHaveLength(IN_FLIGHT_MAX);
  for (let i = 0; i < 12; i++) other.device.completed(i, 0, nothing);
  expect(other.ids()).toEqual(Array.from({ length: 140 }, (_, i) => i));
});

test('races on the disk are put in ring order; reads of the same place are not a race', () => {
  const disk = new Disk();
  disk.write(0, page(0), 1024);
  disk.read(1, page(1), 512);
  disk.read(1, page(2), 512);
  disk.write(1, page(3), 512);
  disk.read(8, page(4), 512);
  disk.notify();
  expect(disk.ids()).toEqual([0, 4]);
  disk.device.completed(0, 0, nothing);
  expect(disk.ids()).toEqual([0, 4, 1, 2]);
  disk.device.completed(2, 0, bytes(512, 1));
  expect(disk.ids()).toEqual([0, 4, 1, 2]);
  disk.device.completed(1, 0, bytes(512, 1));
  expect(disk.ids()).toEqual([0, 4, 1, 2, 3]);
  expect([disk.device.save().racesOnDisk, disk.device.save().racesInMemory]).toEqual([3, 0]);
});

test('races in guest memory are put in ring order; writes from the same page are not a race', () => {
  const disk = new Disk();
  disk.read(0, page(0), 512);
  disk.read(10, page(0) + 512n, 512);
  disk.write(20, page(0), 512);
  disk.write(30, page(1), 512);
  disk.write(40, page(1), 512);
  disk.notify();
  expect(disk.ids()).toEqual([0, 3, 4]);
  disk.device.completed(0, 0, bytes(512, 1));
  disk.device.completed(1, 0, bytes(512, 2));
  expect(disk.ids()).toEqual([0, 3, 4, 1, 2]);
  expect([disk.device.save().racesOnDisk, disk.device.save().racesInMemory]).toEqual([0, 2]);
});

test('what is outside never races, and every request completes', () => {
  const operations = fc.array(
    fc.record({ write: fc.boolean(), sector: fc.nat(6), sectors: fc.integer({ min: 1, max: 3 }), page: fc.nat(3) }),
    { minLength: 1, maxLength: 32 },
  );
  fc.assert(
    fc.property(operations, fc.infiniteStream(fc.nat()), (requests, choices) => {
      const disk = new Disk();
      for (const { write, sector, sectors, page: n } of requests) {
        if (write) disk.write(sector, page(n), 512 * sectors);
        else disk.read(sector, page(n), 512 * sectors);
      }
      disk.notify();
      for (let left = requests.length; left > 0; left--) {
        const out = disk.device.pending as DiskOutput[];
        expect(out.length).toBeGreaterThan(0);
        for (const [i, a] of out.entries()) {
          for (const b of out.slice(i + 1)) {
            const [p, q] = [requests[a.request]!, requests[b.request]!];
            const overlap = p.sector < q.sector + q.sectors && q.sector < p.sector + p.sectors;
            expect(overlap && (p.write || q.write)).toBe(false);
            expect(p.page === q.page && !(p.write && q.write)).toBe(false);
          }
        }
        const { request } = out[choices.next().value! % out.length]!;
        const { write, sectors } = requests[request]!;
        disk.device.completed(request, 0, write ? nothing : bytes(512 * sectors, 1));
      }
      expect(disk.driver.used(0)).toHaveLength(requests.length);
    }),
    { numRuns: 100 },
  );
});

test('a reset forgets what has not left, awaits what has, and touches memory no more', () => {
  const disk = new Disk();
  disk.read(0, page(0), 512);
  disk.write(0, page(1), 512);
  disk.notify();
  disk.driver.start(Feature.version1);
  expect(disk.device.pending).toHaveLength(1);
  disk.write(0, page(2), 512);
  disk.notify();
  expect(disk.ids()).toEqual([0]);
  disk.device.completed(0, 0, bytes(512, 9));
  expect([disk.memory.read(page(0), 512), disk.driver.used(0), disk.ids()]).toEqual([bytes(512, 0), [], [0, 2]]);
  disk.device.completed(2, 0, nothing);
  expect(disk.driver.used(0)).toHaveLength(1);
});

test('state survives save and restore with requests in flight', () => {
  const a = new Disk();
  a.read(0, page(0), 512);
  a.write(0, page(1), 512);
  a.notify();
  const b = new Disk();
  b.memory.write(BASE, a.memory.bytes);
  b.driver.device.restore(structuredClone(a.driver.device.save()));
  for (const disk of [a, b]) {
    disk.device.completed(0, 0, bytes(512, 3));
    disk.device.completed(1, 0, nothing);
  }
  expect(b.driver.device.save()).toEqual(a.driver.device.save());
  expect(b.memory.bytes).toEqual(a.memory.bytes);
});

test('configuration space', () => {
  const { device } = new Disk().driver;
  expect([device.read(0x100, 4), device.read(0x104, 4), device.read(0x114, 4)]).toEqual([DISK_BYTES / 512, 0, 512]);
});

test('what the device advertises bounds a request, and a larger one is an I/O error', () => {
  const disk = new Disk();
  const config = new DataView(disk.device.config.buffer);
  const [sizeMax, segMax] = [config.getUint32(8, true), config.getUint32(12, true)];
  expect(disk.device.features & 0b110n).toBe(0b110n);
  expect(sizeMax * segMax).toBeLessThanOrEqual(REQUEST_BYTES_MAX);
  // One record of it fits in a frame of a log, whatever stands before it.
  expect(2 * REQUEST_BYTES_MAX).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES);
});
