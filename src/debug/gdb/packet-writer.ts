/**
 * Packets as they are sent: escapes, runs of one byte shortened, checksum. gdb manual, "Overview" of the appendix
 * "Remote Protocol".
 */

const DOLLAR = 0x24;
const HASH = 0x23;
const STAR = 0x2a;
const ESCAPE = 0x7d;
const ESCAPE_FLIP = 0x20;
const SPECIAL: ReadonlySet<number> = new Set([DOLLAR, HASH, STAR, ESCAPE]);

/** A run is the byte, `*` and a character that counts the repetitions beyond the first byte. */
const REPEATS_MIN = 3;
const REPEATS_MAX = 97;
const COUNT_BIAS = 29;
/** Counts that are `#`, `$`, `+` and `-` would be mistaken: the next smaller one that is not is used. */
const BAD_COUNTS: Readonly<Record<number, number>> = { 6: 5, 7: 5, 14: 13, 16: 15 };

const utf8 = new TextEncoder();
const DIGITS = utf8.encode('0123456789abcdef');

/** The whole packet for a body of text or bytes. */
export function encodePacket(body: string | Uint8Array): Uint8Array {
  const bytes = typeof body === 'string' ? utf8.encode(body) : body;
  const out: number[] = [DOLLAR];
  for (let i = 0; i < bytes.length; ) i += addRun(out, bytes, i);
  let sum = 0;
  for (let i = 1; i < out.length; i++) sum += out[i]!;
  out.push(HASH, DIGITS[(sum >> 4) & 15]!, DIGITS[sum & 15]!);
  return Uint8Array.from(out);
}

/** Adds the byte at `at` and as many like it as one run takes; gives how many it took. */
function addRun(out: number[], bytes: Uint8Array, at: number): number {
  const byte = bytes[at]!;
  if (SPECIAL.has(byte)) {
    out.push(ESCAPE, byte ^ ESCAPE_FLIP);
    return 1;
  }
  out.push(byte);
  let repeats = 0;
  while (repeats < REPEATS_MAX && bytes[at + 1 + repeats] === byte) repeats++;
  repeats = BAD_COUNTS[repeats] ?? repeats;
  if (repeats < REPEATS_MIN) return 1;
  out.push(STAR, repeats + COUNT_BIAS);
  return 1 + repeats;
}
