/**
 * The machine a recording is of: its configuration, from the header, and its images: those packed inside, those the
 * operator names, or those where they were.
 */

import { createHash } from 'node:crypto';
import type { MachineConfig } from '../emu/machine/machine.ts';
import { ExitCode, UserError } from '../lib/errors.ts';
import { damagedHeader, FormatError } from '../logformat/errors.ts';
import { readImages } from '../logformat/image.ts';
import type { LogReader } from '../logformat/reader.ts';
import { configFromCbor } from '../session/machine-config.ts';
import { findImage, type Image, type ImageRole } from './images.ts';

/** Where the operator says images are. */
export interface ImagePaths {
  readonly kernel?: string;
  readonly bios?: string;
  readonly initrd?: string;
}

const ROLES: readonly ImageRole[] = ['firmware', 'kernel', 'initrd'];

/** UserError when the header does not describe a machine. */
export function recordedConfig({ header }: Pick<LogReader, 'header'>): MachineConfig {
  try {
    return configFromCbor(header.machine);
  } catch (error) {
    if (error instanceof FormatError) throw damagedHeader(error.message, error);
    throw error;
  }
}

/** UserError 'missing-image' or 'changed-image'; 'damaged-image' when a packed one is not what the header says. */
export function recordedImages(reader: LogReader, paths: ImagePaths): { readonly [role in ImageRole]?: Image } {
  const packed = packedImages(reader);
  const images: { [role in ImageRole]?: Image } = {};
  for (const role of ROLES) {
    const wanted = reader.header.images[role];
    if (wanted === undefined) continue;
    const inside = packed.get(role);
    if (inside !== undefined && !createHash('sha256').update(inside).digest().equals(wanted.sha256)) {
      throw damagedImage(`the ${role} inside the recording is not the one its header names`);
    }
    const path = role === 'firmware' ? paths.bios : paths[role];
    images[role] = { ...wanted, bytes: inside ?? findImage(role, wanted, path) };
  }
  return images;
}

/** UserError when an image is named that the recorded machine does not have. */
export function refuseOtherImages({ header }: LogReader, { kernel, bios, initrd }: ImagePaths): void {
  const firmware = bios === 'none' ? undefined : bios;
  for (const [role, path] of Object.entries({ firmware, kernel, initrd })) {
    if (path === undefined || header.images[role as ImageRole] !== undefined) continue;
    const what = `${path} is given as ${role}, and the recorded machine has none`;
    throw new UserError('no-such-image', what, 'leave it out');
  }
}

function packedImages(reader: LogReader): ReadonlyMap<string, Uint8Array> {
  try {
    return readImages(reader);
  } catch (error) {
    if (error instanceof FormatError) throw damagedImage(`the recording's images are damaged: ${error.message}`, error);
    throw error;
  }
}

function damagedImage(what: string, cause?: unknown): UserError {
  return new UserError('damaged-image', what, 'take a sound copy of the recording', ExitCode.badLog, cause);
}

/** UserError for a recording that does not begin at power on, where that is needed: `why`, after 'it cannot be'. */
export function requirePowerOn({ header }: LogReader, why: string): void {
  if (header.begins === undefined) return;
  const what = `the recording begins with a checkpoint of a running guest: it cannot be ${why}`;
  throw new UserError('no-beginning', what, 'take one of it that begins at power on, if there is one');
}

/** What a record that this machine cannot have means to the operator. Other errors stay as they are. */
export function recordingError(error: unknown): unknown {
  if (!(error instanceof FormatError)) return error;
  const what = `the recording holds what this machine cannot have: ${error.message}`;
  const remedy = 'check it with: lockstep log verify';
  return new UserError('damaged-recording', what, remedy, ExitCode.badLog, error);
}
