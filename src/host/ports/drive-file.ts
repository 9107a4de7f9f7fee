/**
 * A drive on a raw disk image, or on an export of an NBD server. Several requests are in flight at a time, done in any
 * order: the guest's disk gives out none that races with another. A failure of the storage reaches the guest as the
 * status of its request, as a real disk would report it.
 * Spec: Virtual I/O Device (VIRTIO) Version 1.2, section 5.2.6.
 */

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { rangeOf } from '../../emu/machine/disk-range.ts';
import type { DiskOperation, Output } from '../../emu/machine/events.ts';
import { ExitCode, UserError } from '../../lib/errors.ts';
import { Flag } from '../disk/nbd.ts';
import { OwnImage } from '../mirror/own-image.ts';
import { reasonOf } from '../os-errors.ts';
import { pageMemory } from '../page-memory.ts';
import { type BlockStore, DriveElsewhere, OverlayStore, RawStore, SECTOR_BYTES } from './block-store.ts';
import { type NbdPlace, placeText } from './nbd-place.ts';
import type { Membership } from './nbd-session.ts';
import { NbdStore } from './nbd-store.ts';
import type { HostPort, Inbox } from './port.ts';

/**
 * 'cow': changes are private and end with the run. 'write': changes go to the file. 'readonly': the guest cannot change
 * it. 'own': each side of a pair has an image of its own, and both hold what the guest wrote; as 'write' in no pair.
 */
export type DriveMode = 'cow' | 'write' | 'readonly' | 'own';

/** A file's path, or an export of an NBD server. */
export type DrivePlace = string | NbdPlace;

/** Status values of virtio-blk. */
const OK = 0;
const IO_ERROR = 1;
/** Reads of this size and more go through memory that is given back as soon as the guest has the bytes. */
const LARGE_BYTES = 64 * 1024;
const NOTHING = new Uint8Array(0);

export class DriveFile implements HostPort {
  readonly device: string;
  readonly sizeBytes: number;
  readonly #name: string;
  readonly #mode: DriveMode;
  readonly #store: BlockStore;
  /** The server's end of it, of which the store may be an overlay. */
  readonly #remote: NbdStore | undefined;
  /** It refuses what is of an old epoch of the pair. */
  readonly #isFenced: boolean;
  /** A file that is written to: the own image of a pair's side, or what may come to be one. */
  readonly #file: OwnImage | undefined;
  #isOwn: boolean;
  readonly #running = new Set<Promise<void>>();
  #inbox: Inbox | undefined;
  #told = false;
  #closed = false;

  private constructor(
    device: string,
    name: string,
    mode: DriveMode,
    sizeBytes: number,
    base: BlockStore,
    isFenced = true,
  ) {
    this.#isFenced = isFenced;
    this.device = device;
    this.sizeBytes = sizeBytes;
    this.#name = name;
    this.#mode = mode;
    this.#store = mode === 'cow' ? new OverlayStore(base, sizeBytes) : base;
    this.#remote = base instanceof NbdStore ? base : undefined;
    this.#file = base instanceof OwnImage ? base : undefined;
    this.#isOwn = mode === 'own';
  }

  /** On the image that this side of a pair has for itself, which the drive closes. */
  static own(device: string, image: OwnImage): DriveFile {
    return new DriveFile(device, image.path, 'own', image.sizeBytes, image);
  }

  /**
   * Opens the image; its size is the drive's. Throws UserError when it cannot be a drive. For a `member` of a pair it
   * is the one that both sides have: an export is written to in the pair's epoch, a file by whichever side lives.
   */
  static async at(device: string, place: DrivePlace, mode: DriveMode, member?: Membership): Promise<DriveFile> {
    if (typeof place !== 'string') return DriveFile.#remoteAt(device, place, mode, member);
    const file = await openImage(place, mode);
    const sizeBytes = (await file.stat()).size;
    const base = isWritten(mode) ? await OwnImage.over(place, file, member !== undefined) : new RawStore(file);
    await refuseSize(base, place, sizeBytes);
    return new DriveFile(device, place, mode, sizeBytes, base);
  }

  static async #remoteAt(device: string, place: NbdPlace, mode: DriveMode, member?: Membership): Promise<DriveFile> {
    const writable = mode === 'write';
    const isShared = writable && member !== undefined;
    const isFenced = place.unfenced !== true;
    const of = isShared && isFenced ? { member } : {};
    let made: DriveFile | undefined;
    const notice = (text: string): void => {
      if (made !== undefined) made.#notice(text);
    };
    const store = await NbdStore.open({ place, writable, notice, key: member?.key, ...of });
    const name = placeText(place);
    await refuseSize(store, name, store.facts.sizeBytes);
    if (isShared && !isFenced && !seeEachOther(store)) {
      await store.close();
      throw apart(name);
    }
    made = new DriveFile(device, name, mode, store.facts.sizeBytes, store, isFenced);
    return made;
  }

  /** The image that this side of a pair has for itself. */
  get image(): OwnImage | undefined {
    return this.#isOwn ? this.#file : undefined;
  }

  get pending(): number {
    return this.#running.size;
  }

  /**
   * The guest, which runs, is a pair's from now on: what it writes to a server is of that epoch, a file that it writes
   * to is its side's own. Resolves when the drive's server has been told; UserError, and nothing is changed, when that
   * cannot keep epochs apart or cannot be asked.
   */
  async join(member: Membership): Promise<void> {
    if (!isWritten(this.#mode)) return;
    if (this.#isFenced) await this.#remote?.join(member);
    else if (this.#remote !== undefined && !seeEachOther(this.#remote)) throw apart(this.#name);
    this.#isOwn = true;
  }

  /** The pair's next epoch begins on this node. Resolves when the drive's server has been told. */
  async raise(epoch: number): Promise<void> {
    if (this.#mode === 'write' && this.#isFenced) await this.#remote?.raise(epoch);
  }

  async open(inbox: Inbox): Promise<void> {
    this.#inbox = inbox;
  }

  take(output: Output): undefined {
    if (output.kind !== 'disk') return;
    const running = this.#answer(output.request, output.operation).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Waits for the requests taken, then syncs and closes. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#store.ending?.();
    await Promise.all(this.#running);
    if (isWritten(this.#mode)) await this.#store.flush().catch((error: unknown) => this.#tell(error));
    await this.#store.close();
  }

  async #answer(request: number, operation: DiskOperation): Promise<void> {
    const { status, data } = await this.#attempt(operation);
    this.#inbox?.deliver({ kind: 'disk', device: this.device, request, status, data });
  }

  async #attempt(operation: DiskOperation): Promise<{ status: number; data: Uint8Array }> {
    try {
      return { status: OK, data: await this.carryOut(operation) };
    } catch (error) {
      this.#tell(error);
      return { status: IO_ERROR, data: NOTHING };
    }
  }

  /** What is read, nothing otherwise. Rejects with the storage's error. Nobody is told but the caller. */
  async carryOut(operation: DiskOperation): Promise<Uint8Array> {
    const { offset, length } = rangeOf(operation);
    const end = offset + length;
    if (end > this.sizeBytes) throw new Error(`a request reaches byte ${end} of ${this.sizeBytes}`);
    if (this.#mode === 'readonly' && operation.op !== 'read' && operation.op !== 'flush')
      throw new Error('it is read-only');
    switch (operation.op) {
      case 'read': {
        const data = operation.length < LARGE_BYTES ? new Uint8Array(operation.length) : pageMemory(operation.length);
        await this.#store.read(operation.offset, data);
        return data;
      }
      case 'write':
        await this.#store.write(operation.offset, operation.data);
        return NOTHING;
      case 'flush':
        await this.#store.flush();
        return NOTHING;
      case 'writeZeroes':
        await this.#store.zero(operation.offset, operation.length);
        return NOTHING;
      case 'discard':
        // Advice that may be ignored (5.2.6.2): the sectors keep what they hold.
        return NOTHING;
    }
  }

  #notice(text: string): void {
    this.#inbox?.notice(`drive ${this.device}: ${text}`);
  }

  #tell(error: unknown): void {
    if (error instanceof DriveElsewhere) return;
    if (!this.#told)
      this.#inbox?.notice(`drive ${this.device} (${this.#name}): ${reasonOf(error)}; the guest gets an I/O error`);
    this.#told = true;
  }
}

/** The guest's changes are to last. */
const isWritten = (mode: DriveMode): boolean => mode === 'write' || mode === 'own';

/** Closes what was opened when its size is no drive's. */
async function refuseSize(store: BlockStore, name: string, sizeBytes: number): Promise<void> {
  if (sizeBytes > 0 && sizeBytes % SECTOR_BYTES === 0) return;
  await store.close();
  const what = `the drive ${name} has ${sizeBytes} bytes, which is not a whole number of sectors`;
  throw new UserError('bad-drive', what, `give it a size with: truncate -s %${SECTOR_BYTES} or -s 1G`);
}

/** What one of the server's connections has written the others read, and flush. */
const seeEachOther = ({ facts }: NbdStore): boolean => (facts.flags & Flag.multiConn) !== 0;

function apart(name: string): UserError {
  const what = `the server of ${name} does not say that its connections see each other's writes (CAN_MULTI_CONN)`;
  return new UserError('no-multi-conn', what, 'use a server that does, such as: lockstep disk serve');
}

async function openImage(path: string, mode: DriveMode): Promise<FileHandle> {
  const flags = isWritten(mode) ? constants.O_RDWR : constants.O_RDONLY;
  try {
    const file = await open(path, flags);
    if ((await file.stat()).isFile()) return file;
    await file.close();
  } catch (error) {
    const remedy = isWritten(mode) ? 'name an image that you may write, or use cow' : 'name a raw disk image';
    throw new UserError(
      'bad-drive',
      `cannot open the drive ${path}: ${reasonOf(error)}`,
      remedy,
      ExitCode.usage,
      error,
    );
  }
  throw new UserError('bad-drive', `the drive ${path} is not a regular file`, 'name a raw disk image');
}
