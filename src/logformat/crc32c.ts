/**
 * CRC-32C (Castagnoli polynomial, reflected 0x82F63B78), sixteen bytes a round. RFC 3720, appendix B.4.
 *
 * Words are read as the host has them: little-endian, as on every host that runs WebAssembly at full speed; on others
 * bytes are taken one by one.
 */

const POLYNOMIAL = 0x82f63b78;
/** Bytes of a round; for each a table of 256 words. */
const ROUND = 16;
const TABLES: Int32Array = makeTables();
const WORDS_FIT: boolean = new Uint8Array(Int32Array.of(1).buffer)[0] === 1;

/** Table t says what a byte does that t more bytes follow. */
function makeTables(): Int32Array {
  const tables = new Int32Array(256 * ROUND);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    tables[byte] = crc;
  }
  for (let at = 256; at < tables.length; at++) {
    const last = tables[at - 256]!;
    tables[at] = (last >>> 8) ^ tables[last & 0xff]!;
  }
  return tables;
}

/** Fewer are taken one by one: to look at them as words takes longer. */
const WORTH_ROUNDS = 128;

/** CRC-32C of the first `length` bytes, 0 to 2^32 - 1. */
export function crc32c(bytes: Uint8Array, length: number = bytes.length): number {
  if (length < WORTH_ROUNDS || !WORDS_FIT) return ~eachByte(-1, bytes, 0, length) >>> 0;
  const lead = -bytes.byteOffset & 3;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + lead, ((length - lead) >>> 4) << 2);
  const before = eachByte(-1, bytes, 0, lead);
  return ~eachByte(rounds(before, words), bytes, lead + 4 * words.length, length) >>> 0;
}

function eachByte(start: number, bytes: Uint8Array, from: number, to: number): number {
  let crc = start;
  for (let i = from; i < to; i++) crc = (crc >>> 8) ^ TABLES[(crc ^ bytes[i]!) & 0xff]!;
  return crc;
}

/** `words`: whole rounds. */
function rounds(start: number, words: Int32Array): number {
  const t = TABLES;
  let crc = start;
  for (let i = 0; i < words.length; i += 4) {
    const a = crc ^ words[i]!;
    const b = words[i + 1]!;
    const c = words[i + 2]!;
    const d = words[i + 3]!;
    crc =
      t[0xf00 + (a & 0xff)]! ^
      t[0xe00 + ((a >>> 8) & 0xff)]! ^
      t[0xd00 + ((a >>> 16) & 0xff)]! ^
      t[0xc00 + (a >>> 24)]! ^
      t[0xb00 + (b & 0xff)]! ^
      t[0xa00 + ((b >>> 8) & 0xff)]! ^
      t[0x900 + ((b >>> 16) & 0xff)]! ^
      t[0x800 + (b >>> 24)]! ^
      t[0x700 + (c & 0xff)]! ^
      t[0x600 + ((c >>> 8) & 0xff)]! ^
      t[0x500 + ((c >>> 16) & 0xff)]! ^
      t[0x400 + (c >>> 24)]! ^
      t[0x300 + (d & 0xff)]! ^
      t[0x200 + ((d >>> 8) & 0xff)]! ^
      t[0x100 + ((d >>> 16) & 0xff)]! ^
      t[d >>> 24]!;
  }
  return crc;
}
