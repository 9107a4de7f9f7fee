/**
 * What an image of a pair's side is worth: a small file beside it, replaced as a whole and synced, that says in which
 * epoch of which pair it was used, and as what. By it a side does not begin with an image that is half copied or that
 * the pair has left behind.
 *
 *     (none) ── a guest begins on it ──> live ── the guest goes on elsewhere ──> left
 *     (any)  ── to be a backup's ──> copying ── all is there ──> follows ── takes over ──> live, each epoch anew
 *                                                                   └── the guest is off ──> ended
 */

import { readFile } from 'node:fs/promises';
import { UserError } from '../../lib/errors.ts';
import { replaceDurably } from '../disk/durable-file.ts';
import { codeOf, reasonOf } from '../os-errors.ts';

/**
 * 'live': a guest lives on it, or did to its end. 'copying': it holds parts of two images. 'follows': a backup's,
 * behind the live one by what is on the way. 'ended': it followed its guest to the end. 'left': its guest went on at
 * the other side.
 */
export type ImageState = 'live' | 'copying' | 'follows' | 'ended' | 'left';

export interface ImageMark {
  readonly pair: string;
  readonly epoch: number;
  /** The node that wrote the mark. */
  readonly who: string;
  readonly state: ImageState;
}

const STATES: readonly ImageState[] = ['live', 'copying', 'follows', 'ended', 'left'];
const VERSION = 1;

export const markPath = (image: string): string => `${image}.own`;

/** Undefined for an image that no pair has used. UserError for a mark that cannot be read: it may say 'copying'. */
export async function readMark(image: string): Promise<ImageMark | undefined> {
  const path = markPath(image);
  try {
    const { version, pair, epoch, who, state } = JSON.parse(await readFile(path, 'utf8'));
    const isMark = version === VERSION && typeof pair === 'string' && Number.isSafeInteger(epoch);
    if (isMark && typeof who === 'string' && STATES.includes(state)) return { pair, epoch, who, state };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    if (codeOf(error) !== undefined) {
      throw new UserError('bad-image-mark', `${path} cannot be read: ${reasonOf(error)}`, 'make it readable');
    }
  }
  const what = `${path} does not say what the image is worth`;
  throw new UserError('bad-image-mark', what, `remove it when ${image} is good to begin with`);
}

/** It is on the storage when this resolves. */
export async function writeMark(image: string, mark: ImageMark): Promise<void> {
  const text = JSON.stringify({ version: VERSION, ...mark }, undefined, 2);
  await replaceDurably(markPath(image), Buffer.from(`${text}\n`));
}

/** The guest that the node `who` had on it lives elsewhere now. A mark that says anything else stays. */
export async function leaveBehind(image: string, who: string): Promise<void> {
  const mark = await readMark(image);
  if (mark?.state === 'live' && mark.who === who) await writeMark(image, { ...mark, state: 'left' });
}

/**
 * Refuses an image that a guest must not begin with. `held`: the pair's last epoch, undefined before the first.
 * UserError with how to begin all the same.
 */
export function refuseUnfit(image: string, mark: ImageMark | undefined, pair: string, held: number | undefined): void {
  if (mark === undefined) return;
  if (mark.state === 'copying') {
    const what = `${image} is not whole: it was being copied from another when that broke off`;
    throw new UserError('incomplete-image', what, 'begin on the other host; from there it is copied again');
  }
  if (mark.pair !== pair) return;
  const anyway = `or remove ${markPath(image)} to begin with this image all the same`;
  if (held !== undefined && mark.epoch < held) {
    const what = `${image} was left behind in epoch ${mark.epoch}: the pair ${pair} is in epoch ${held} by now`;
    throw new UserError('stale-image', what, `begin on the host where it went on, ${anyway}`);
  }
  if (mark.state === 'left') {
    const what = `${image} was left in epoch ${mark.epoch}: the guest of the pair ${pair} went on at its other side`;
    throw new UserError('stale-image', what, `begin on the host where it went on, ${anyway}`);
  }
  if (mark.state === 'follows') {
    const what = `${image} followed another image, which may hold later writes`;
    throw new UserError('stale-image', what, `begin on the host where the pair ${pair} lived last, ${anyway}`);
  }
}
