import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type ImageMark,
  leaveBehind,
  markPath,
  readMark,
  refuseUnfit,
  writeMark,
} from '../../../src/host/mirror/image-mark.ts';
import type { UserError } from '../../../src/lib/errors.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-mark-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const LIVE: ImageMark = { pair: 'web', epoch: 3, who: 'a:1:0', state: 'live' };

test('a mark is read as it was written, beside its image; where there is none, none is read', async () => {
  const image = join(folder, 'disk.img');
  expect(await readMark(image)).toBeUndefined();
  await writeMark(image, LIVE);
  await writeMark(image, { ...LIVE, state: 'copying' });
  expect(await readMark(image)).toEqual({ ...LIVE, state: 'copying' });
  expect(readdirSync(folder)).toEqual(['disk.img.own']);
});

test('a mark that says nothing is refused: the image may be worth nothing', async () => {
  const image = join(folder, 'disk.img');
  for (const text of ['', '{}', '{"version":2}', JSON.stringify({ version: 1, ...LIVE, state: 'new' })]) {
    writeFileSync(markPath(image), text);
    await expect(readMark(image)).rejects.toMatchObject({ code: 'bad-image-mark' });
  }
});

test('an image is left by whom it was used, and a mark that says it is worth less stays', async () => {
  const image = join(folder, 'disk.img');
  await leaveBehind(image, LIVE.who);
  expect(await readMark(image)).toBeUndefined();
  for (const mark of [{ ...LIVE, who: 'b:1:0' }, { ...LIVE, state: 'copying' } as const]) {
    await writeMark(image, mark);
    await leaveBehind(image, LIVE.who);
    expect(await readMark(image)).toEqual(mark);
  }
  await writeMark(image, LIVE);
  await leaveBehind(image, LIVE.who);
  expect(await readMark(image)).toEqual({ ...LIVE, state: 'left' });
});

const refusal = (mark: ImageMark | undefined, held: number | undefined): string | undefined => {
  try {
    refuseUnfit('disk.img', mark, 'web', held);
    return undefined;
  } catch (error) {
    return (error as UserError).code;
  }
};

test('a guest begins on an image that no pair has used, or that its pair lived on last, and on no other', () => {
  expect(refusal(undefined, undefined)).toBeUndefined();
  expect(refusal(undefined, 7)).toBeUndefined();
  expect(refusal(LIVE, 3)).toBeUndefined();
  expect(refusal({ ...LIVE, state: 'ended' }, 3)).toBeUndefined();
  // The pair went on at the other side.
  expect(refusal(LIVE, 4)).toBe('stale-image');
  expect(refusal({ ...LIVE, state: 'ended' }, 4)).toBe('stale-image');
  // Both were lost at once: the other image may hold later writes.
  expect(refusal({ ...LIVE, state: 'follows' }, 3)).toBe('stale-image');
  expect(refusal({ ...LIVE, state: 'copying' }, 3)).toBe('incomplete-image');
  // Also when no arbiter remembers the pair.
  expect(refusal({ ...LIVE, state: 'left' }, undefined)).toBe('stale-image');
  // Another pair's history says nothing of this one; half an image is half an image.
  expect(refusal({ ...LIVE, pair: 'mail' }, 9)).toBeUndefined();
  expect(refusal({ ...LIVE, pair: 'mail', state: 'copying' }, 9)).toBe('incomplete-image');
});
