/** Programs of the host that the bench needs or can use. */

import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { BenchError } from './bench-error.ts';

/** The program's path, or undefined when the PATH has none. */
export function findTool(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find(executable);
}

/** The program's path; BenchError that names the Debian package when there is none. */
export function needTool(name: string, debianPackage: string): string {
  const path = findTool(name);
  if (path !== undefined) return path;
  throw new BenchError(`${name} not found; on Debian: apt-get install ${debianPackage}`);
}

/** Runs a build step to its end. BenchError with what it said when it fails. */
export function runTool(path: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): string {
  const done = spawnSync(path, args, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] });
  if (done.status === 0) return done.stdout;
  const why = done.error?.message ?? `exit status ${done.status}`;
  throw new BenchError(`${path} failed (${why}):\n${(done.stderr ?? '').trim()}`);
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
