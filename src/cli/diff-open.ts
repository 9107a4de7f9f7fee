/**
 * The sides of a comparison, from what the operator names: recordings, where their images are, and for a replay by
 * something else the engine, other images, or a fault.
 */

import type { MachineOf } from '../debug/diff/header-diff.ts';
import type { Fault } from '../debug/diff/run-source.ts';
import type { Subject } from '../debug/diff/subject.ts';
import { SymbolTable } from '../debug/guest/symbols.ts';
import { History } from '../debug/timeline/history.ts';
import { Board } from '../emu/machine/board.ts';
import type { EngineName } from '../host/guest-options.ts';
import { imageBytes } from '../host/guest-plan.ts';
import { type Image, type ImageRole, loadImage } from '../host/images.ts';
import { closeImages, ImageReader, keepImages } from '../host/kept-images.ts';
import { openRecording } from '../host/log-file-source.ts';
import { machineOf } from '../host/machine-of.ts';
import { type ImagePaths, recordedConfig, recordedImages } from '../host/recorded-machine.ts';
import { tick } from '../lib/brands.ts';
import type { LogReader } from '../logformat/reader.ts';
import { Doors } from '../session/doors.ts';

export interface SideOptions {
  readonly file: string;
  /** Where the images of the recording are. */
  readonly images: ImagePaths;
  /** Started from these in place of the recording's. */
  readonly otherImages: ImagePaths;
  readonly engine: EngineName;
  /** A bit of the guest's state flips at this tick: a test aid. */
  readonly faultTick?: bigint;
}

export interface OpenSubject {
  readonly subject: Subject;
  close(): void;
}

/** UserError when the recording cannot be opened, or images are not there. */
export function openSubject(options: SideOptions): OpenSubject {
  const { file, engine, faultTick } = options;
  const recording = openRecording(file);
  try {
    const { reader } = recording;
    const images = imagesOf(reader, options);
    const machine = machineIn(reader, images, options.otherImages);
    const config = { ...recordedConfig(reader), builtinFirmware: machine.machine.builtinFirmware === true };
    const symbols = SymbolTable.ofImages(imageBytes(images) as { readonly [role: string]: Uint8Array });
    const history = new History(reader);
    const kept = keepImages(imageBytes(images));
    const imageReader = new ImageReader(kept);
    const subject: Subject = {
      info: { name: file, engine, tool: reader.header.tool, ticks: history.end },
      machine,
      reader,
      history,
      symbols,
      start: () => {
        const doors = new Doors();
        const board = machineOf(config, imageReader.images, doors, engine);
        if (!(board instanceof Board)) throw new Error('a comparison needs a board');
        imageReader.giveBack();
        return { board, doors, fault: faultTick === undefined ? undefined : bitFlip(board, faultTick) };
      },
    };
    return {
      subject,
      close: () => {
        recording.close();
        closeImages(kept);
      },
    };
  } catch (error) {
    recording.close();
    throw error;
  }
}

type Images = { readonly [role in ImageRole]?: Image };

/** Those of the recording, except where the operator puts others in their place. */
function imagesOf(reader: LogReader, { images, otherImages: { bios, kernel, initrd } }: SideOptions): Images {
  return {
    ...recordedImages(reader, images),
    ...(bios === undefined ? {} : { firmware: loadImage('firmware', bios) }),
    ...(kernel === undefined ? {} : { kernel: loadImage('kernel', kernel) }),
    ...(initrd === undefined ? {} : { initrd: loadImage('initrd', initrd) }),
  };
}

/** What the header says of the machine, with the images that it is started from here. */
function machineIn({ header }: LogReader, images: Images, { bios }: ImagePaths): MachineOf {
  const names = Object.fromEntries(
    Object.entries(images).map(([role, { sha256, size, name }]) => [role, { sha256, size, name }]),
  );
  const machine = bios === undefined ? header.machine : { ...header.machine, builtinFirmware: false };
  return { machine, images: { ...header.images, ...names } };
}

/** The lowest bit of a register that the firmware, or a bare guest, keeps for long. */
function bitFlip({ harts: [hart] }: Board, at: bigint): Fault {
  return { tick: tick(at), apply: () => hart!.set('mscratch', hart!.get('mscratch') ^ 1n) };
}
