/** The log as the simulator writes it: not compressed, with a header that says little. */

import { type Codec, FrameKind } from '../../../src/logformat/frame.ts';
import { FORMAT_VERSION, type LogHeader } from '../../../src/logformat/header.ts';

/** Frames are so small that compressing them takes more time than everything else. */
export const PLAIN: Codec = { compress: (bytes) => bytes, decompress: (bytes) => bytes };

export const simHeader: LogHeader = {
  version: FORMAT_VERSION,
  tool: 'sim',
  createdNs: 0n,
  command: ['sim'],
  machine: {},
  images: {},
  digestTicks: { small: 1n << 18n, all: 1n << 19n },
};

/** The end frame; its kind is the first item behind the head. */
export const isLast = (bytes: Uint8Array): boolean => bytes[1] === FrameKind.end;
