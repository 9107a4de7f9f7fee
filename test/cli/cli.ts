/** Runs the commands of src as a user would, each test file with a state folder of its own. */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const sample = (name: string): string => join(root, 'samples/prebuilt', `${name}.elf`);
export const folder = mkdtempSync(join(tmpdir(), 'lockstep-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** With nothing on standard input. */
export function lockstep(...args: string[]): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, XDG_STATE_HOME: folder, NO_COLOR: '1' };
    const child = spawn(process.execPath, [join(root, 'bin/dev.js'), ...args], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}
