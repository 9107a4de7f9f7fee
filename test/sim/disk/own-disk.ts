/** The disk of a guest that lives on an image of its own: as DiskClient, without a server and without epochs. */

import type { DiskClient, DiskOutput } from '../node/disk-client.ts';
import type { Surroundings } from '../world/surroundings.ts';
import type { OwnImage } from './own-image.ts';

/** What a node needs of its disk. */
export type Disk = Pick<DiskClient, 'submit' | 'outstanding' | 'raised'>;

export interface OwnDiskParts {
  readonly image: OwnImage;
  readonly world: Surroundings;
  /** `take` is to be run by the node's main thread. */
  readonly arrived: (take: () => void) => void;
  readonly done: (output: DiskOutput, status: number, data: Uint8Array) => void;
}

const NOTHING = new Uint8Array(0);

export class OwnDisk implements Disk {
  readonly #parts: OwnDiskParts;
  readonly #asked = new Set<number>();

  constructor(parts: OwnDiskParts) {
    this.#parts = parts;
  }

  get outstanding(): number {
    return this.#asked.size;
  }

  submit(output: DiskOutput): void {
    const { image, world, arrived, done } = this.#parts;
    if (this.#asked.has(output.request)) return;
    this.#asked.add(output.request);
    const answered = (status: number, data: Uint8Array): void =>
      arrived(() => {
        this.#asked.delete(output.request);
        done(output, status, data);
      });
    if (this.#fails(output)) world.clockwork.after(world.storage.latencyUs, () => answered(1, NOTHING));
    else image.carryOut(output.operation, (data) => answered(0, data));
  }

  raised(): void {}

  /** The faults of the storage strike here. */
  #fails({ operation }: DiskOutput): boolean {
    const { storage, random } = this.#parts.world;
    if (storage.isFull && operation.op === 'write') return true;
    return storage.errors > 0 && random.chance(storage.errors);
  }
}
