import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DiskOperation } from '../../../src/emu/machine/events.ts';
import { DriveFile, type DriveMode } from '../../../src/host/ports/drive-file.ts';
import { TestInbox } from './inbox.ts';

const SECTORS = 64;
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-drive-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function image(fill: number, bytes = SECTORS * 512): string {
  const path = join(folder, `image-${Math.trunc(Math.random() * 1e9)}.raw`);
  writeFileSync(path, new Uint8Array(bytes).fill(fill));
  return path;
}

async function opened(path: string, mode: DriveMode): Promise<{ drive: DriveFile; inbox: TestInbox }> {
  const drive = await DriveFile.at('virtio0', path, mode);
  const inbox = new TestInbox();
  await drive.open(inbox);
  return { drive, inbox };
}

/** Issues all operations at once; the completions by request number. */
async function perform(drive: DriveFile, inbox: TestInbox, operations: readonly DiskOperation[]) {
  inbox.inputs.length = 0;
  for (const [request, operation] of operations.entries()) {
    drive.take({ kind: 'disk', device: 'virtio0', request, operation });
  }
  await inbox.until(() => inbox.inputs.length === operations.length);
  const done = inbox.inputs.flatMap((input) => (input.kind === 'disk' ? [input] : []));
  return done.sort((a, b) => a.request - b.request);
}

const sector = fc.integer({ min: 0, max: SECTORS - 1 });
const range = fc
  .tuple(sector, sector)
  .map(([a, b]) => ({ offset: Math.min(a, b) * 512, length: (Math.abs(a - b) + 1) * 512 }));
const operation: fc.Arbitrary<DiskOperation> = fc.oneof(
  range.map((r) => ({ op: 'read' as const, ...r })),
  fc.tuple(range, fc.nat({ max: 255 })).map(([r, byte]) => ({
    op: 'write' as const,
    offset: r.offset,
    data: new Uint8Array(r.length).fill(byte),
  })),
  range.map((r) => ({ op: 'writeZeroes' as const, unmap: false, ...r })),
  range.map((r) => ({ op: 'discard' as const, unmap: false, ...r })),
  fc.constant({ op: 'flush' as const }),
);

type Completion = Awaited<ReturnType<typeof perform>>[number];
const spanOf = (one: DiskOperation) =>
  one.op === 'flush' ? [0, 0] : [one.offset, one.offset + (one.op === 'write' ? one.data.length : one.length)];

/** Cut where an operation races with an earlier one: what the guest's disk has in flight together. */
function withoutRaces(operations: readonly DiskOperation[]): DiskOperation[][] {
  const batches: DiskOperation[][] = [[]];
  for (const one of operations) {
    const [from, to] = spanOf(one);
    const races = (other: DiskOperation) => {
      const [start, end] = spanOf(other);
      return !(one.op === 'read' && other.op === 'read') && from! < end! && start! < to!;
    };
    if (batches.at(-1)!.some(races)) batches.push([]);
    batches.at(-1)!.push(one);
  }
  return batches;
}

/** What a disk that does one request at a time would give. */
function oracle(disk: Uint8Array, operations: readonly DiskOperation[]): Uint8Array[] {
  return operations.map((one) => {
    if (one.op === 'read') return disk.slice(one.offset, one.offset + one.length);
    if (one.op === 'write') disk.set(one.data, one.offset);
    if (one.op === 'writeZeroes') disk.fill(0, one.offset, one.offset + one.length);
    return new Uint8Array(0);
  });
}

test.each(['cow', 'write'] as const)(
  'with many requests in flight, %s gives what doing them in turn would give',
  async (mode) => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 40 }), async (operations) => {
        const path = image(0xee);
        const { drive, inbox } = await opened(path, mode);
        const disk = new Uint8Array(SECTORS * 512).fill(0xee);
        const expected = oracle(disk, operations);
        const done: Completion[] = [];
        for (const batch of withoutRaces(operations)) done.push(...(await perform(drive, inbox, batch)));
        expect(inbox.notices).toEqual([]);
        expect(done.map((completion) => completion.status)).toEqual(operations.map(() => 0));
        for (const [i, data] of expected.entries()) expect(Buffer.compare(done[i]!.data, data)).toBe(0);
        const all = await perform(drive, inbox, [{ op: 'read', offset: 0, length: SECTORS * 512 }]);
        expect(Buffer.compare(all[0]!.data, disk)).toBe(0);
        await drive.close();
        const left = mode === 'write' ? disk : new Uint8Array(SECTORS * 512).fill(0xee);
        expect(Buffer.compare(readFileSync(path), left)).toBe(0);
      }),
      { numRuns: 40 },
    );
  },
);

test('a read-only drive and a request past the end are I/O errors, told once', async () => {
  const { drive, inbox } = await opened(image(1), 'readonly');
  const data = new Uint8Array(512);
  const done = await perform(drive, inbox, [
    { op: 'write', offset: 0, data },
    { op: 'read', offset: SECTORS * 512, length: 512 },
    { op: 'read', offset: 0, length: 512 },
  ]);
  expect(done.map((completion) => completion.status)).toEqual([1, 1, 0]);
  expect(inbox.notices).toHaveLength(1);
  await drive.close();
});

test.each([
  ['no such file', () => join(folder, 'absent.raw'), 'no such file'],
  ['a folder', () => folder, 'not a regular file'],
  ['half a sector', () => image(0, 700), '700 bytes'],
  ['nothing in it', () => image(0, 0), '0 bytes'],
])('%s is refused as a drive', async (_name, path, what) => {
  await expect(DriveFile.at('virtio0', path(), 'cow')).rejects.toMatchObject({
    code: 'bad-drive',
    exitCode: 2,
    what: expect.stringContaining(what),
  });
});
