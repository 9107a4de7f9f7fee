/**
 * The direction of imports: commands -> cli -> {debug, ft} -> session -> {emu, logformat} -> lib. `host` implements
 * ports declared below it; only cli, commands and worker entry points may import it. `ft` sees a session, no machine.
 */
import { posix } from 'node:path';
import { strip } from './strip.ts';

/** Path from the repository root -> source text. Only files of src are looked at here. */
export type Sources = ReadonlyMap<string, string>;

const HOST_LAYERS = ['host', 'debug', 'ft', 'session', 'emu', 'logformat', 'lib'];

/** What a file of each folder of src may import from, its own folder included. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  lib: ['lib'],
  emu: ['emu', 'lib'],
  logformat: ['logformat', 'lib'],
  session: ['session', 'emu', 'logformat', 'lib'],
  debug: ['debug', 'session', 'emu', 'logformat', 'lib'],
  ft: ['ft', 'session', 'logformat', 'lib'],
  host: HOST_LAYERS,
  cli: ['cli', ...HOST_LAYERS],
  commands: ['commands', 'cli', ...HOST_LAYERS],
};

/** Packages, and `node:`, each with the folders that may name it. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  '@oclif/core': ['commands', 'cli'],
  chalk: ['commands', 'cli'],
  'cbor-x': ['logformat', 'lib'],
  pg: ['host'],
  '@vscode/debugadapter': ['host'],
  '@vscode/debugprotocol': ['debug', 'host'],
  'node:': ['commands', 'cli', 'host'],
};

const CBOR = 'cbor-x';

/** Specifiers that `source` imports, exports from, imports at run time or names as a worker by `new URL`. */
export function importsOf(source: string): string[] {
  const { code, withStrings } = strip(source);
  const forms = [
    /(?<![.\w$])(?:import|export)\s[^'"`;()]*?\bfrom\s*['"]([^'"\n]+)['"]/g,
    /(?<![.\w$])import\s*\(?\s*['"]([^'"\n]+)['"]/g,
    /\bnew\s+URL\(\s*['"](\.{1,2}\/[^'"\n]+\.[jt]s)['"]\s*,\s*import\.meta\.url/g,
  ];
  return forms
    .flatMap((form) => [...withStrings.matchAll(form)])
    .filter((found) => code[found.index] !== ' ')
    .map((found) => found[1]!);
}

/** The file of the repository a relative specifier means; a `.js` stands for its `.ts`. Others give undefined. */
export function resolveImport(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts');
}

/** `host` for src/host/clock.ts; undefined for a file directly in src, which may import anything. */
export function layerOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1];
}

/** A worker thread starts here: it puts the parts together on its own, as a command does. */
export function isWorkerEntry(path: string): boolean {
  return /^src\/(?:host|cli)\/(?:.*[/-])?worker\.ts$/.test(path);
}

export function directionErrors(sources: Sources): string[] {
  return [...sources].flatMap(([path, source]) => {
    const layer = layerOf(path);
    if (layer === undefined) return [];
    if (ALLOWED[layer] === undefined) return [`${path}: src/${layer} is not a folder of the layout`];
    return importsOf(source).flatMap((specifier) => {
      const error = specifierError(path, layer, specifier, sources);
      return error === undefined ? [] : [`${path}: imports ${specifier}: ${error}`];
    });
  });
}

function specifierError(path: string, layer: string, specifier: string, sources: Sources): string | undefined {
  const target = resolveImport(path, specifier);
  if (target === undefined) {
    const name = Object.keys(PACKAGES).find((key) => specifier === key || specifier.startsWith(packagePrefix(key)));
    if (name === undefined) return 'not a dependency of lockstep';
    return PACKAGES[name]!.includes(layer) ? undefined : `${layer} may not import ${name}`;
  }
  if (!sources.has(target)) return 'no such file';
  const to = layerOf(target);
  if (to === undefined) return 'a folder does not import the package entry';
  const allowed = isWorkerEntry(path) ? HOST_LAYERS : ALLOWED[layer]!;
  return allowed.includes(to) ? undefined : `${layer} may not import ${to}`;
}

function packagePrefix(key: string): string {
  return key.endsWith(':') ? key : `${key}/`;
}

/** cbor-x is wrapped once, with its options pinned. Zero importers is no error: that is a dead dependency's matter. */
export function cborErrors(sources: Sources): string[] {
  const importers = [...sources]
    .filter(([, source]) => importsOf(source).some((name) => name === CBOR || name.startsWith(`${CBOR}/`)))
    .map(([path]) => path);
  return importers.length <= 1 ? [] : [`${CBOR} is imported by ${importers.join(' and ')}: wrap it in one file`];
}

/** The package entry, and what bin/run.js loads before all others. */
const ENTRIES: ReadonlySet<string> = new Set([
  'src/cli/command-not-found.ts',
  'src/index.ts',
  'src/host/node-flags.ts',
]);

/** Files of src that nothing starts: not reachable from a command, a worker entry point or one of these entries. */
export function deadFiles(sources: Sources): string[] {
  const isRoot = (path: string) => path.startsWith('src/commands/') || ENTRIES.has(path) || isWorkerEntry(path);
  const alive = new Set<string>();
  const pending = [...sources.keys()].filter(isRoot);
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (alive.has(path)) continue;
    alive.add(path);
    for (const specifier of importsOf(sources.get(path)!)) {
      const target = resolveImport(path, specifier);
      if (target !== undefined && sources.has(target)) pending.push(target);
    }
  }
  return [...sources.keys()].filter((path) => !alive.has(path) && !path.endsWith('.d.ts'));
}

/** Circles of imports among files of src, each told once, from its first file in the order of names. */
export function circles(sources: Sources): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const follow = (path: string): void => {
    const at = way.indexOf(path);
    if (at >= 0) found.push([...way.slice(at), path].join(' -> '));
    if (at >= 0 || done.has(path)) return;
    way.push(path);
    for (const specifier of importsOf(sources.get(path)!)) {
      const target = resolveImport(path, specifier);
      // A thread is started, not imported.
      if (target !== undefined && sources.has(target) && !isWorkerEntry(target)) follow(target);
    }
    way.pop();
    done.add(path);
  };
  for (const path of [...sources.keys()].sort()) follow(path);
  return found;
}
