/** Guest addresses by name, from the ELF images of a recording; for reports. */

import { type ElfSymbol, isElf, readSymbols } from '../emu/machine/elf.ts';
import { openRecording } from '../host/log-file-source.ts';
import { recordedImages } from '../host/recorded-machine.ts';
import { UserError } from '../lib/errors.ts';

/** `name+0x12`, or undefined where no image of the recording names the place or none can be had. */
export function symbolAt(recording: string, address: bigint): string | undefined {
  const opened = openRecording(recording);
  try {
    for (const [role, image] of Object.entries(recordedImages(opened.reader, {}))) {
      const symbol = isElf(image.bytes) ? nearest(readSymbols(image.bytes, `the ${role}`), address) : undefined;
      if (symbol === undefined) continue;
      const offset = address - symbol.address;
      return offset === 0n ? symbol.name : `${symbol.name}+0x${offset.toString(16)}`;
    }
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  } finally {
    opened.close();
  }
}

/** The last symbol at or below `address` that reaches it; a symbol without a size reaches to the next one. */
function nearest(symbols: readonly ElfSymbol[], address: bigint): ElfSymbol | undefined {
  const at = symbols.findLastIndex((symbol) => symbol.address <= address);
  const symbol = symbols[at];
  if (symbol === undefined) return undefined;
  const end = symbol.size > 0n ? symbol.address + symbol.size : symbols[at + 1]?.address;
  return end !== undefined && address < end ? symbol : undefined;
}
