/**
 * Memory for large bytes that come and go: taken from the system in pages and given back to it at once. Ordinary
 * buffers wait for the garbage collector, and the C library keeps what they took.
 */

/** `length` zeroes. */
export function pageMemory(length: number): Uint8Array {
  return new Uint8Array(new ArrayBuffer(length, { maxByteLength: length }));
}

/** Gives back the page memory that `bytes` are of, if they are of such, now. Nobody may use any of it any more. */
export function giveBack({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.resizable) buffer.transfer(0);
}
