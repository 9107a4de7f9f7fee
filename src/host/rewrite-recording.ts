/**
 * Recordings changed as files: repaired, packed, stripped. A new file is made beside the old one and takes its place
 * only when it is whole and on the storage; a repair only drops what is damaged and adds an end.
 */

import { closeSync, fsyncSync, ftruncateSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { ExitCode, UserError } from '../lib/errors.ts';
import { planRepair, rewriteWithImages } from '../logformat/rewrite.ts';
import { LogFileSink } from './log-file-sink.ts';
import { openRecording } from './log-file-source.ts';
import { reasonOf } from './os-errors.ts';
import { type ImagePaths, recordedImages } from './recorded-machine.ts';
import { zstd } from './zstd.ts';

export interface Repaired {
  readonly path: string;
  readonly droppedBytes: number;
  /** Why it was cut; undefined when it was whole. */
  readonly reason: string | undefined;
}

/** Repairs in place. UserError when the file is no recording or cannot be written. */
export function repairRecording(path: string): Repaired {
  const recording = openRecording(path);
  const repair = (() => {
    try {
      return planRepair(recording.reader, zstd);
    } finally {
      recording.close();
    }
  })();
  if (repair === undefined) return { path, droppedBytes: 0, reason: undefined };
  const { keepBytes, append, reason } = repair;
  try {
    const fd = openSync(path, 'r+');
    try {
      ftruncateSync(fd, keepBytes);
      for (let at = 0; at < append.length; ) at += writeSync(fd, append, at, append.length - at, keepBytes + at);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const what = `the recording ${path} cannot be repaired: ${reasonOf(error)}`;
    throw new UserError('storage-lost', what, 'repair a copy on storage you can write', ExitCode.lost, error);
  }
  return { path, droppedBytes: recording.sizeBytes - keepBytes, reason };
}

export interface Packed {
  readonly path: string;
  readonly sizeBytes: number;
  /** Roles of the images inside. */
  readonly images: readonly string[];
}

/** Images put in, or taken out with 'strip'; in place when `output` is undefined. */
export function packRecording(path: string, output: string | undefined, images: ImagePaths | 'strip'): Packed {
  const target = output ?? path;
  const written = output ?? `${path}.packing`;
  const recording = openRecording(path);
  try {
    const found = images === 'strip' ? {} : recordedImages(recording.reader, images);
    const inside = new Map(Object.entries(found).map(([role, image]) => [role, image.bytes]));
    const sink = LogFileSink.create(written);
    try {
      rewriteWithImages(recording.reader, inside, sink, zstd);
      sink.sync();
    } catch (error) {
      rmSync(written, { force: true });
      throw error;
    } finally {
      sink.close();
    }
    if (written !== target) renameSync(written, target);
    return { path: target, sizeBytes: statSync(target).size, images: [...inside.keys()] };
  } finally {
    recording.close();
  }
}
