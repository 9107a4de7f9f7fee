/** What a backup starts from: taken out of the frames of the log, and no more of it than the header states. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { ChannelImages } from '../../../src/host/ft/channel-images.ts';
import { zstd } from '../../../src/host/zstd.ts';
import { tick } from '../../../src/lib/brands.ts';
import { encode } from '../../../src/logformat/cbor.ts';
import { FormatError } from '../../../src/logformat/errors.ts';
import { encodeFrame } from '../../../src/logformat/frame.ts';
import { encodeHeader } from '../../../src/logformat/header.ts';
import { imagePayloads } from '../../../src/logformat/image.ts';
import { header } from '../../logformat/support.ts';

const kernel = Uint8Array.from({ length: 2_500_000 }, (_, i) => (i * i) >> 7);
const sha256 = createHash('sha256').update(kernel).digest();
const log = { ...header, images: { kernel: { ...header.images.kernel!, sha256, size: kernel.length } } };
const frame = (payload: Uint8Array): Uint8Array =>
  encodeFrame({ kind: 'image', sequence: 1, firstTick: tick(0), payload }, zstd);

test('images come after the header, part by part, and are complete with the last', () => {
  const images = new ChannelImages();
  images.add(encodeHeader(log));
  for (const payload of imagePayloads('kernel', kernel)) {
    expect(images.complete).toBe(false);
    images.add(frame(payload));
  }
  expect(images.complete).toBe(true);
  expect(Buffer.compare(images.checked(log).kernel!, kernel)).toBe(0);
});

test('more than the header states is refused when it comes, and so is what comes before the header', () => {
  const early = new ChannelImages();
  expect(() => early.add(frame(encode({ role: 'kernel', offset: 0, bytes: kernel })))).toThrow(FormatError);
  const images = new ChannelImages();
  images.add(encodeHeader(log));
  images.add(frame(encode({ role: 'kernel', offset: 0, bytes: kernel })));
  const more = frame(encode({ role: 'kernel', offset: kernel.length, bytes: Uint8Array.of(1) }));
  expect(() => images.add(more)).toThrow(/more than the 2500000 bytes/);
  expect(() => images.add(frame(encode({ role: 'initrd', offset: 0, bytes: kernel })))).toThrow(/names no initrd/);
});
