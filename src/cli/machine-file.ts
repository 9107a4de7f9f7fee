/** `--machine FILE.json`: the machine flags by their names, checked; relative paths in it start at its folder. */

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { reasonOf } from '../host/os-errors.ts';
import { UserError } from '../lib/errors.ts';
import type { MachineWords } from './machine-flags.ts';

type Shape = 'string' | 'integer' | 'list' | readonly string[];
const SHAPES: Readonly<Record<keyof MachineWords, Shape>> = {
  kernel: 'string',
  bios: 'string',
  initrd: 'string',
  append: 'string',
  memory: 'string',
  harts: 'integer',
  drive: 'list',
  net: 'list',
  console: 'string',
  'virtio-console': 'list',
  clock: ['host', 'ticks', 'exact'],
  entropy: 'string',
  engine: ['auto', 'interpreter', 'reference'],
};

export interface MachineFile {
  readonly words: MachineWords;
  /** Folder that relative paths in it start at. */
  readonly base: string;
}

export function readMachineFile(path: string): MachineFile {
  const refuse = (what: string, cause?: unknown): never => {
    throw new UserError(
      'bad-machine-file',
      `${path}: ${what}`,
      'see the machine flags of: lockstep record --help',
      2,
      cause,
    );
  };
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    return refuse(
      error instanceof SyntaxError ? `not JSON: ${error.message}` : `cannot be read: ${reasonOf(error)}`,
      error,
    );
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return refuse('not a JSON object');
  for (const [key, value] of Object.entries(parsed)) {
    if (!Object.hasOwn(SHAPES, key)) refuse(`there is no machine flag "${key}"`);
    const shape = SHAPES[key as keyof MachineWords];
    if (!fits(shape, value)) refuse(`"${key}" must be ${describe(shape)}`);
  }
  return { words: parsed as MachineWords, base: dirname(resolve(path)) };
}

function fits(shape: Shape, value: unknown): boolean {
  if (shape === 'string') return typeof value === 'string';
  if (shape === 'integer') return Number.isInteger(value);
  if (shape === 'list') return Array.isArray(value) && value.every((item) => typeof item === 'string');
  return shape.includes(value as string);
}
const describe = (shape: Shape): string =>
  shape === 'list'
    ? 'a list of strings'
    : shape === 'string'
      ? 'a string'
      : shape === 'integer'
        ? 'a whole number'
        : `one of ${shape.join(', ')}`;
