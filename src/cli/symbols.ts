/** Guest addresses by name, from the images of a recording; for reports. */

import { SymbolTable } from '../debug/guest/symbols.ts';
import { openRecording } from '../host/log-file-source.ts';
import { recordedImages } from '../host/recorded-machine.ts';
import { UserError } from '../lib/errors.ts';

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
