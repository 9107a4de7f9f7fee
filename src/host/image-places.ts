/**
 * Where an image was on this host when it was recorded: links in the state folder named by its digest, one for each
 * place. There can be several, and a recording needs one: of two clones of a project either may go.
 */

import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stateFolder } from './recordings.ts';

/** Of an image's places so many are kept, whether or not there still is something. */
const KEPT_PLACES = 8;

interface Place {
  readonly link: string;
  readonly target: string;
  readonly sinceMs: number;
}

/** A state folder that cannot be written is no reason to stop: the replay will ask for the path instead. */
export function rememberPlace(sha256: Uint8Array, path: string): void {
  const target = resolve(path);
  const known = placesOf(sha256);
  if (known[0]?.target === target) return;
  try {
    mkdirSync(folder(), { recursive: true, mode: 0o700 });
    // Made anew, so that it is the latest.
    for (const { link } of known.filter((place) => place.target === target)) rmSync(link, { force: true });
    symlinkSync(
      target,
      join(folder(), `${hex(sha256)}-${hex(createHash('sha256').update(target).digest()).slice(0, 16)}`),
    );
    const others = known.filter((place) => place.target !== target);
    const gone = others.slice(KEPT_PLACES - 1).filter((place) => !existsSync(place.target));
    for (const { link } of gone) rmSync(link, { force: true });
  } catch {
    // As said above.
  }
}

/** Absolute paths, the latest first; not all need be there still. */
export function rememberedPlaces(sha256: Uint8Array): string[] {
  return placesOf(sha256).map(({ target }) => target);
}

function placesOf(sha256: Uint8Array): Place[] {
  const name = hex(sha256);
  try {
    const links = readdirSync(folder()).filter((each) => each.startsWith(name));
    return links.flatMap((each) => placeAt(join(folder(), each))).sort((a, b) => b.sinceMs - a.sinceMs);
  } catch {
    return [];
  }
}

function placeAt(link: string): Place[] {
  try {
    return [{ link, target: readlinkSync(link), sinceMs: lstatSync(link).mtimeMs }];
  } catch {
    return [];
  }
}

const folder = (): string => join(stateFolder(), 'images');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
