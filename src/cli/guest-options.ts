/** From flags, and a machine file under them, to the options of a guest. */

import { resolve } from 'node:path';
import { DEFAULTS, type GuestOptions, type Surroundings } from '../host/guest-options.ts';
import { readMachineFile } from './machine-file.ts';
import type { MachineWords } from './machine-flags.ts';
import { parseConsole, parseDrive, parseEntropy, parseNet, parseSize } from './specs.ts';

/** `flags` as parsed; a flag given wins over the machine file's word of that name. Throws UserError. */
export function guestOptions(flags: MachineWords & { readonly machine?: string | undefined }): GuestOptions {
  const cwd = process.cwd();
  const { machine, ...given } = flags;
  const under = machine === undefined ? DEFAULTS : optionsFrom(readMachineFile(machine), DEFAULTS);
  return optionsFrom({ words: given, base: cwd }, under);
}

/** What of a guest's surroundings was given, without defaults. Throws UserError. */
export function givenSurroundings(flags: MachineWords): Partial<Surroundings> {
  return surroundingsFrom(flags, process.cwd());
}

function optionsFrom({ words, base }: { words: MachineWords; base: string }, under: GuestOptions): GuestOptions {
  const path = (file: string): string => resolve(base, file);
  return {
    ...under,
    ...present('kernel', words.kernel, path),
    ...present('bios', words.bios, (bios) => (bios === 'none' ? bios : path(bios))),
    ...present('initrd', words.initrd, path),
    ...present('append', words.append, (text) => text),
    ...present('memoryBytes', words.memory, (text) => parseSize('--memory', text)),
    ...present('harts', words.harts, (n) => n),
    ...present('clock', words.clock, (clock) => clock),
    ...surroundingsFrom(words, base),
  };
}

function surroundingsFrom(words: MachineWords, base: string): Partial<Surroundings> {
  return {
    ...present('drives', words.drive, (list) => list.map((text) => parseDrive(text, base))),
    ...present('nets', words.net, (list) => list.map((text) => parseNet(text, base))),
    ...present('uart', words.console, (text) => parseConsole('--console', text, base)),
    ...present('consoles', words['virtio-console'], (list) =>
      list.map((text) => parseConsole('--virtio-console', text, base)),
    ),
    ...present('entropy', words.entropy, parseEntropy),
    ...present('engine', words.engine, (engine) => engine),
  };
}

/** `{ [name]: parse(value) }`, or nothing when the flag was not given. */
function present<N extends keyof GuestOptions, T>(
  name: N,
  value: T | undefined,
  parse: (value: T) => NonNullable<GuestOptions[N]>,
): Partial<Record<N, NonNullable<GuestOptions[N]>>> {
  return value === undefined ? {} : ({ [name]: parse(value) } as Record<N, NonNullable<GuestOptions[N]>>);
}
