/** What a client says to open a recording: the arguments of `launch` and `attach`. */

import { UserError } from '../../lib/errors.ts';
import type { Fields } from './fields.ts';

export interface LaunchWords {
  /** The latest when left out. */
  readonly recording: string | undefined;
  readonly symbols: readonly string[];
  /** TICK, start, end or event:N. */
  readonly at: string;
  readonly engine: 'auto' | 'interpreter' | 'reference';
  readonly images: { readonly kernel?: string; readonly bios?: string; readonly initrd?: string };
  /** The recording is still written. */
  readonly growing: boolean;
  /** The program to use; undefined: one that is found; false: none. */
  readonly gdb: string | false | undefined;
  /** Folders that relative names of sources are looked up in. */
  readonly sources: readonly string[];
  /** Beginnings of paths that the compiler noted, and what stands for them here. */
  readonly sourceMap: readonly (readonly [string, string])[];
}

const ENGINES = ['auto', 'interpreter', 'reference'] as const;

/** UserError for what cannot be meant. */
export function launchWords(args: Fields, growing: boolean): LaunchWords {
  const at = args.optionalWord('at') ?? 'end';
  const engine = args.optionalText('engine') ?? 'auto';
  const known = ENGINES.find((name) => name === engine);
  if (known === undefined) {
    throw new UserError('bad-arguments', `there is no engine ${engine}`, `engines are ${ENGINES.join(', ')}`);
  }
  const images = Object.fromEntries(
    ['kernel', 'bios', 'initrd'].flatMap((role) => {
      const path = args.optionalText(role);
      return path === undefined ? [] : [[role, path]];
    }),
  );
  return {
    recording: args.optionalText('recording'),
    symbols: args.texts('symbols'),
    at,
    engine: known,
    images,
    growing,
    gdb: args.isFalse('gdb') ? false : args.optionalText('gdb'),
    sources: args.texts('sources'),
    sourceMap: args.pairs('sourceMap'),
  };
}
