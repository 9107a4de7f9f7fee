/**
 * Invariant 1: the machine and everything that replays it read no clock, no randomness and no environment. `node:`
 * imports are the matter of imports.ts; here are the globals that would let the host in by the back door.
 */
import type { Sources } from './imports.ts';
import { layerOf } from './imports.ts';
import { strip } from './strip.ts';

export const PURE_FOLDERS: readonly string[] = ['emu', 'logformat', 'session', 'debug', 'ft', 'lib'];

const GLOBALS = [
  'Date',
  'Buffer',
  'Temporal',
  'process',
  'performance',
  'crypto',
  'fetch',
  'globalThis',
  'require',
  'navigator',
  'setTimeout',
  'setInterval',
  'setImmediate',
];

/** Uses of an impure global in one source. A name the file itself declares (a `fetch` of instructions) is its own. */
export function impureUses(source: string): string[] {
  const { code } = strip(source);
  const uses = GLOBALS.filter((name) => !declares(code, name) && usePattern(name).test(withoutMethods(code, name)));
  return /\bMath\s*(?:\.\s*random\b|\[)/.test(code) ? [...uses, 'Math.random'] : uses;
}

/** The bare name: not a member (`ports.fetch`), a private field, or a property key (`fetch: …`). */
function usePattern(name: string): RegExp {
  return new RegExp(`(?<![.#\\w$])${name}(?![\\w$])(?!\\??\\s*:)`);
}

/** Takes out methods called `name`, which stand first on their line and end in a body or a result type. */
function withoutMethods(code: string, name: string): string {
  const modifiers = '(?:(?:static|async|override|private|protected|public|get|set)\\s+)*';
  return code.replace(new RegExp(`^\\s*${modifiers}${name}\\([^;{}]*\\)\\s*(?:\\{|:[^;{}?]*[{;])`, 'gm'), '');
}

function declares(code: string, name: string): boolean {
  const declaration = new RegExp(`\\b(?:const|let|function|class)\\s+${name}\\b`);
  const imported = new RegExp(`\\bimport\\b[^;]*\\b${name}\\b[^;]*\\bfrom\\b`);
  const parameter = new RegExp(`[(,]\\s*${name}\\??\\s*:`);
  return [declaration, imported, parameter].some((pattern) => pattern.test(code));
}

export function purityErrors(sources: Sources): string[] {
  return [...sources]
    .filter(([path]) => PURE_FOLDERS.includes(layerOf(path) ?? '') && !path.endsWith('.d.ts'))
    .flatMap(([path, source]) =>
      impureUses(source).map((name) => `${path}: ${name} is the host's; take it as an input`),
    );
}
