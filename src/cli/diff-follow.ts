/**
 * `lockstep diff --follow`: both recordings opened where they part, in a debug server each.
 */

import { type Both, both, SIDES } from '../debug/diff/both.ts';
import type { DiffReport } from '../debug/diff/report.ts';
import type { Tick } from '../lib/brands.ts';
import { UserError } from '../lib/errors.ts';
import { debugRecording } from './debug-session.ts';
import type { ImageWords } from './diff-images.ts';

export interface FollowOptions {
  readonly files: Both<string>;
  readonly at: Tick;
  readonly images: ImageWords;
  /** Of A's server, the next one is B's; any when left out. */
  readonly port: number | undefined;
  /** Told, for each side, how to attach. */
  readonly attachText: (text: string) => void;
}

/** Resolves when both debuggers have gone, or the operator ends it. */
export async function followBoth({ files, at, images, port, attachText }: FollowOptions): Promise<void> {
  const ports = both((side) => (port === undefined ? 0 : port + SIDES.indexOf(side)));
  await Promise.all(
    SIDES.map((side) =>
      debugRecording(files[side], { ...images, at: String(at), port: ports[side], attach: false }, (command) =>
        attachText(`${side.toUpperCase()}: ${command}`),
      ),
    ),
  );
}

/** Where the sides part: of machines that are unlike from the beginning, where they first do something else. */
export function followedFrom({ verdict, consequences }: DiffReport): Tick {
  if (verdict.kind !== 'machine') return verdict.after;
  return (consequences?.flow ?? consequences?.registers)?.alike ?? verdict.after;
}

/** A debugger replays a recording as it was made. */
export const cannotFollow = (): UserError =>
  new UserError('bad-value', '--follow opens two recordings', 'give two, without --engine-b and the like');
