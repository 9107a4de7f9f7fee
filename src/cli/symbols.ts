/** Guest addresses by name, from the images of a recording and from files that the operator names. */

import { readFileSync } from 'node:fs';
import { SymbolTable } from '../debug/guest/symbols.ts';
import { isElf } from '../emu/machine/elf.ts';
import { openRecording } from '../host/log-file-source.ts';
import { reasonOf } from '../host/os-errors.ts';
import { recordedImages } from '../host/recorded-machine.ts';
import { ExitCode, UserError } from '../lib/errors.ts';

/** `name+0x12`, or undefined where no image of the recording names the place or none can be had. */
export function symbolAt(recording: string, address: bigint): string | undefined {
  const opened = openRecording(recording);
  try {
    const images = Object.entries(recordedImages(opened.reader, {})).map(([role, { bytes }]) => [role, bytes] as const);
    return SymbolTable.ofImages(Object.fromEntries(images)).nameOf(address);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  } finally {
    opened.close();
  }
}

/** The symbols of an ELF file or a System.map. UserError when it cannot be read, or has none. */
export function symbolFile(path: string): SymbolTable {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(readFileSync(path));
  } catch (error) {
    const what = `cannot read the symbols in ${path}: ${reasonOf(error)}`;
    throw new UserError('no-symbols', what, 'name an ELF file or a System.map', ExitCode.usage, error);
  }
  const table = isElf(bytes)
    ? SymbolTable.ofImages({ [`file ${path}`]: bytes })
    : SymbolTable.ofSystemMap(new TextDecoder('latin1').decode(bytes));
  if (table.size > 0) return table;
  throw new UserError('no-symbols', `there are no symbols in ${path}`, 'name an ELF file or a System.map');
}
