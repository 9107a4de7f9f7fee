/**
 * Packets that look at the guest: registers, memory, and the refusal to change them. gdb manual, "Packets". A recording
 * cannot be changed: what was recorded happened.
 */

import { hexOf, parseHexNumber, parsePair } from './hex.ts';
import type { RegisterFile } from './register-file.ts';
import type { GuestView } from './target.ts';

/** Longest read: what fits in a packet in hexadecimal. */
const READ_BYTES_MAX = 0x2000 - 16;
/** EFAULT. */
const UNMAPPED = 'E0e';
const MALFORMED = 'E.malformed packet';

export const REFUSAL = 'this is a recording and cannot be changed; to try another course use: monitor live';

export interface Looked {
  readonly view: GuestView;
  readonly registers: RegisterFile;
  /** The hart that gdb looks at. */
  readonly hart: number;
}

/** Undefined: no packet of this kind. 'refused': an attempt to change the guest. */
export function answerGuestPacket(text: string, looked: Looked): string | Uint8Array | 'refused' | undefined {
  const rest = text.slice(1);
  const { view, registers, hart } = looked;
  switch (text[0]) {
    case 'g':
      return registers.general(hart);
    case 'p': {
      const number = parseHexNumber(rest);
      return number === undefined ? MALFORMED : (registers.one(hart, number) ?? 'E.no such register');
    }
    case 'm':
      return read(rest, (va, length) => {
        const bytes = view.readMemory(hart, va, length);
        return bytes.length === 0 && length > 0 ? UNMAPPED : hexOf(bytes);
      });
    case 'x':
      return read(rest, (va, length) => {
        const bytes = view.readMemory(hart, va, length);
        return bytes.length === 0 && length > 0 ? UNMAPPED : Uint8Array.of(0x62, ...bytes);
      });
    case 'X':
      // With nothing to write it asks whether the packet is known.
      return /^[0-9a-fA-F]+,0+:/.test(rest) ? 'OK' : 'refused';
    case 'G':
    case 'P':
    case 'M':
      return 'refused';
    default:
      return undefined;
  }
}

function read<T>(range: string, give: (va: bigint, length: number) => T): T | string {
  const pair = parsePair(range);
  return pair === undefined ? MALFORMED : give(pair[0], Math.min(pair[1], READ_BYTES_MAX));
}
