/**
 * Hexadecimal as the remote protocol writes it: bytes as pairs of digits, numbers with the most significant digit
 * first, registers as their bytes in memory order. Nothing here throws: what does not parse is undefined.
 */

const DIGITS = '0123456789abcdef';
const ADDRESS_DIGITS_MAX = 16;
const utf8 = { encode: new TextEncoder(), decode: new TextDecoder() };

export function hexOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += DIGITS[byte >> 4]! + DIGITS[byte & 15]!;
  return text;
}

/** Undefined for an odd number of digits or anything that is no digit. */
export function bytesOfHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || /[^0-9a-fA-F]/.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

export const hexOfText = (text: string): string => hexOf(utf8.encode.encode(text));

export function textOfHex(text: string): string | undefined {
  const bytes = bytesOfHex(text);
  return bytes === undefined ? undefined : utf8.decode.decode(bytes);
}

/** A number of 1 to 16 digits, without a prefix. */
export function parseHex(text: string): bigint | undefined {
  return text.length <= ADDRESS_DIGITS_MAX && /^[0-9a-fA-F]+$/.test(text) ? BigInt(`0x${text}`) : undefined;
}

/** The same where it must be a length or an index. */
export function parseHexNumber(text: string): number | undefined {
  const value = parseHex(text);
  return value === undefined || value > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(value);
}

/** Two numbers with `separator` between: address and length, offset and length. */
export function parsePair(text: string, separator = ','): readonly [bigint, number] | undefined {
  const [first = '', second = '', ...rest] = text.split(separator);
  const [address, length] = [parseHex(first), parseHexNumber(second)];
  return address === undefined || length === undefined || rest.length > 0 ? undefined : [address, length];
}

/** 64 bits as they lie in memory: 16 digits, lowest byte first. */
export function hexOfRegister(value: bigint): string {
  let text = '';
  for (let i = 0n; i < 64n; i += 8n) {
    const byte = Number((value >> i) & 0xffn);
    text += DIGITS[byte >> 4]! + DIGITS[byte & 15]!;
  }
  return text;
}
