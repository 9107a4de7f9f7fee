/** Reads the repository's own text: what a person wrote, not what was installed, built, generated or recorded. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Sources } from './imports.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const SKIPPED = new Set(['.git', 'node_modules', 'dist', 'coverage', 'golden', 'vectors']);
const TEXT = /(?:\.(?:ts|js|mjs|md|c|h|S|ld|lds|sh|py|cddl|ya?ml)|\/Makefile|\/run)$/;

function* walk(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !SKIPPED.has(entry.name)) yield* walk(path);
    else if (entry.isFile() && TEXT.test(path)) yield path;
  }
}

/** Path from the root, with forward slashes -> text, of every hand-written text file under `folder`. */
export function readTree(folder: string): Sources {
  const paths = [...walk(join(ROOT, folder))].sort();
  return new Map(paths.map((path) => [relative(ROOT, path).replaceAll('\\', '/'), readFileSync(path, 'utf8')]));
}
