/**
 * What the shared disk may hold, from the run of the joined log: what was written and answered for, and, where an
 * answer was an error or never came, either that or what was there before. Serialised operations make this a matter of
 * order.
 */

import type { Output } from '../../../src/emu/machine/events.ts';
import { DISK, SECTOR_BYTES } from '../guest/program.ts';
import { SECTORS } from '../world/storage.ts';
import type { Run } from './joined-log.ts';
import { type Monitor, same } from './monitor.ts';

type DiskOutput = Output & { readonly kind: 'disk' };

/** `isDone`: whether a request that is answered for in the run is done on this image. */
export function compareDisk(
  run: Run,
  image: Uint8Array,
  monitor: Monitor,
  isDone: (request: number) => boolean = () => true,
): void {
  const allowed: Uint8Array[][] = Array.from({ length: SECTORS }, () => [new Uint8Array(SECTOR_BYTES)]);
  const asked = new Map<number, DiskOutput>();
  for (const output of run.outputs.get(DISK) ?? []) if (output.kind === 'disk') asked.set(output.request, output);
  const write = (output: DiskOutput | undefined, certain: boolean): void => {
    if (output?.operation.op !== 'write') return;
    const { offset, data } = output.operation;
    for (let at = 0; at < data.length; at += SECTOR_BYTES) {
      const sector = (offset + at) / SECTOR_BYTES;
      const bytes = data.slice(at, at + SECTOR_BYTES);
      allowed[sector] = certain ? [bytes] : [...allowed[sector]!, bytes];
    }
  };
  for (const { request, status } of run.answers) {
    write(asked.get(request), status === 0 && isDone(request));
    asked.delete(request);
  }
  for (const output of asked.values()) write(output, false);
  for (let sector = 0; sector < SECTORS; sector++) {
    const found = image.subarray(sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES);
    if (!allowed[sector]!.some((bytes) => same(bytes, found)))
      monitor.fail(
        'I4',
        `sector ${sector} of the disk holds what was not written last: ${found.slice(0, 8).join(' ')}`,
      );
  }
}
