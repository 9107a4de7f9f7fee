/**
 * Recordings changed as files: repaired, packed, stripped. A new file is made beside the old one and takes its place
 * only when it is whole and on the storage; a repair only drops what is damaged and adds an end. One that is still
 * being made is left alone, and can be copied.
 */

import { closeSync, fsyncSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';
import { ExitCode, UserError } from '../lib/errors.ts';
import type { Finish } from '../logformat/reader.ts';
import { planRepair, type Repair, rewriteWithImages } from '../logformat/rewrite.ts';
import { nameOf, Recorders, requireUnattended, requireUntouched, unfinished } from './being-recorded.ts';
import { type FileStamp, stampOfOpen } from './file-stamp.ts';
import { LogFileSink } from './log-file-sink.ts';
import { type OpenRecording, openRecording } from './log-file-source.ts';
import { reasonOf } from './os-errors.ts';
import { type ImagePaths, recordedImages } from './recorded-machine.ts';
import { replaceRecording } from './replaced-recording.ts';
import { zstd } from './zstd.ts';

export interface Repaired {
  readonly path: string;
  readonly droppedBytes: number;
  /** Why it was cut; undefined when it was whole. */
  readonly reason: string | undefined;
}

/** Repairs in place. UserError when the file is no recording, is being made, or cannot be written. */
export async function repairRecording(path: string): Promise<Repaired> {
  const recording = openRecording(path);
  const repair = (() => {
    try {
      return planRepair(recording.reader, zstd);
    } finally {
      recording.close();
    }
  })();
  if (repair === undefined) return { path, droppedBytes: 0, reason: undefined };
  await requireUnattended(path, recording.stamp);
  try {
    carryOut(repair, path, recording.stamp);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const what = `the recording ${path} cannot be repaired: ${reasonOf(error)}`;
    throw new UserError('storage-lost', what, 'repair a copy on storage you can write', ExitCode.lost, error);
  }
  return { path, droppedBytes: recording.sizeBytes - repair.keepBytes, reason: repair.reason };
}

/** Cut only where there is something to drop: a recorder that nobody has seen writes over what is added. */
function carryOut({ keepBytes, append }: Repair, path: string, stamp: FileStamp): void {
  const fd = openSync(path, 'r+');
  try {
    requireUntouched(path, stamp, stampOfOpen(fd));
    if (stamp.size > keepBytes) ftruncateSync(fd, keepBytes);
    for (let at = 0; at < append.length; ) at += writeSync(fd, append, at, append.length - at, keepBytes + at);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

export interface Packed {
  readonly path: string;
  readonly sizeBytes: number;
  /** Roles of the images inside. */
  readonly images: readonly string[];
  /** Why a copy ends before its recording may; absent when the recording is whole. */
  readonly cut?: string;
}

/**
 * Images put in, or taken out with 'strip'; in place when `output` is undefined, which takes a whole recording: of one
 * that is being made, or was cut, a copy has what there is, and an end.
 */
export async function packRecording(
  path: string,
  output: string | undefined,
  images: ImagePaths | 'strip',
): Promise<Packed> {
  const recording = openRecording(path);
  try {
    if (output === undefined && recording.reader.end() === undefined) throw await unfinished(path, recording.stamp);
    const found = images === 'strip' ? {} : recordedImages(recording.reader, images);
    const inside = new Map(Object.entries(found).map(([role, image]) => [role, image.bytes]));
    const rewrite = (sink: LogFileSink): Finish => rewriteWithImages(recording.reader, inside, sink, zstd);
    const packed = { path: output ?? path, images: [...inside.keys()] };
    if (output === undefined) {
      await replaceRecording(path, recording, '.packing', (sink) => requireWhole(path, rewrite(sink)));
      return { ...packed, sizeBytes: statSync(path).size };
    }
    const finish = copyTo(output, rewrite);
    const cut = finish.kind === 'end' ? {} : { cut: await cutText(path, recording, finish.reason) };
    return { ...packed, sizeBytes: statSync(output).size, ...cut };
  } finally {
    recording.close();
  }
}

function copyTo(output: string, rewrite: (sink: LogFileSink) => Finish): Finish {
  const sink = LogFileSink.create(output);
  let finish: Finish;
  try {
    finish = rewrite(sink);
    sink.sync();
  } catch (error) {
    sink.discard();
    throw error;
  }
  sink.close();
  return finish;
}

/** UserError for one that has an end and damage before it: in place nothing is given up unasked. */
function requireWhole(path: string, finish: Finish): void {
  if (finish.kind === 'end') return;
  const what = `the recording ${path} is damaged at byte ${finish.offset}: ${finish.reason}`;
  const remedy = `drop what follows with: lockstep log repair ${path}; or pack what is before it with -o COPY`;
  throw new UserError('damaged-recording', what, remedy, ExitCode.badLog);
}

async function cutText(path: string, { stamp }: OpenRecording, reason: string): Promise<string> {
  const guest = (await Recorders.see()).of(stamp);
  if (guest === undefined) return `the recording ${path} is cut (${reason})`;
  return `the recording ${path} is being made: ${nameOf(guest)} is being recorded in it`;
}
