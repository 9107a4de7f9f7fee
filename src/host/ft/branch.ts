/**
 * What a backup is given that is made from the running guest: a log that begins with a checkpoint, or with a method
 * that transfers state one state after another. `guest` sends what there is; from then on records, or states, follow.
 */

import type { Board } from '../../emu/machine/board.ts';
import type { BranchLog } from '../../ft/guest/forked-log.ts';
import type { ReadReferences } from '../../ft/guest/read-references.ts';
import type { Past } from '../../logformat/checkpoint.ts';
import { type Codec, isCheckpointOfTick, isEndFrame } from '../../logformat/frame.ts';
import { COPY_VERSION, type LogHeader } from '../../logformat/header.ts';
import { LogWriter } from '../../logformat/writer.ts';
import { beginning, CheckpointLog } from '../../session/checkpoint-log.ts';
import { GuestCopy } from '../../session/guest-copy.ts';
import { StateStream } from '../../session/state-stream.ts';
import { monotonicNs } from '../clock.ts';
import { ImageReader, type KeptImages } from '../kept-images.ts';
import { zstd } from '../zstd.ts';
import type { Report } from './ring-messages.ts';

export interface BranchParts {
  /** Numbers the attempts of this side; 0 is the backup that the guest began with. */
  readonly copy: number;
  readonly board: Board;
  /** Of the own log. */
  readonly header: LogHeader;
  readonly images: KeptImages;
  /** Images of drives go with the copy: its state waits until they are nearly there. */
  readonly withImages: boolean;
  readonly past: () => Past;
  readonly line: () => Uint8Array;
  /** Frames of the branch that the backup has acknowledged. */
  readonly acknowledged: () => number;
  readonly send: (report: Extract<Report, { readonly kind: 'frame' | 'reads' }>) => void;
  /** The backup reads disks itself. */
  readonly references: ReadReferences | undefined;
  /** With a method that transfers state: hands over one, of this moment. */
  readonly write?: (() => number) | undefined;
}

/** The guest stands still while its state is handed over: nothing is compressed meanwhile. */
const PLAIN: Codec = { ...zstd, compress: (bytes) => bytes };

export class Branch {
  readonly copy: number;
  readonly guest: GuestCopy;
  /** What the recorder gives to this backup from its first state on. */
  readonly records: BranchLog;
  /** Where states go; undefined when a log follows the first. */
  readonly stream: StateStream | undefined;
  imagesNear: boolean;
  /** Of the backup. */
  readonly log: LogWriter;
  readonly #images: ImageReader;

  constructor(parts: BranchParts) {
    const { copy, board, header, acknowledged, send, write, references } = parts;
    const { continuedAt: _, ...same } = header;
    let sequence = 0;
    const sink = (bytes: Uint8Array): void => {
      const places = references?.takePlaces() ?? [];
      if (places.length > 0) send({ kind: 'reads', copy, places });
      const [last, commit] = [isEndFrame(bytes), isCheckpointOfTick(bytes)];
      send({ kind: 'frame', copy, sequence: sequence++, last, commit, bytes });
    };
    const codec = write === undefined ? zstd : PLAIN;
    const log = new LogWriter({ write: sink }, codec, { ...same, version: COPY_VERSION, begins: 'checkpoint' });
    const put: LogWriter['checkpoint'] = (at, payload) => log.checkpoint(at, payload);
    this.copy = copy;
    this.imagesNear = !parts.withImages;
    this.log = log;
    this.#images = new ImageReader(parts.images);
    this.stream = write === undefined ? undefined : new StateStream(board, put);
    this.records = write === undefined ? (references?.through(log) ?? log) : onlyEnd(log);
    this.guest = new GuestCopy({
      state:
        this.stream === undefined || write === undefined
          ? beginning(new CheckpointLog(board, put), parts.past, parts.line)
          : stateOf(this.stream, write),
      pages: board.ram.pages,
      log,
      images: this.#images.images,
      unacknowledged: () => log.frames - acknowledged(),
      ready: () => this.imagesNear,
      nowNs: monotonicNs,
    });
  }

  /** Frames that have been sent. */
  get frames(): number {
    return this.log.frames;
  }

  /** Images are not read any more. */
  giveBack(): void {
    this.#images.giveBack();
  }
}

function stateOf(stream: StateStream, write: () => number): ConstructorParameters<typeof GuestCopy>[0]['state'] {
  return {
    get stale() {
      return stream.stale;
    },
    copySome: () => stream.copySome(),
    write,
  };
}

/** Records mean nothing to a backup that replays nothing. */
const onlyEnd = (log: LogWriter): BranchLog => ({
  offset: 0,
  appendAll: () => {},
  flush: () => {},
  close: (end) => log.close(end),
});
