/**
 * Cuts a byte stream into length-prefixed frames: u32 length in network byte order, then the frame. No socket in here.
 */

/**
 * What an Ethernet card could be sent at most: 64 KiB of IP and a tagged Ethernet header. Longer means a lost framing.
 */
export const FRAME_BYTES_MAX = 65536 + 18;

export class FrameSplitter {
  #pending: Uint8Array = new Uint8Array(0);

  /**
   * The frames that `chunk` completes, none sharing its memory. Throws when a length cannot be one: the stream is of no
   * use after that.
   */
  push(chunk: Uint8Array): Uint8Array[] {
    const bytes = joined(this.#pending, chunk);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const frames: Uint8Array[] = [];
    let at = 0;
    while (bytes.length - at >= 4) {
      const length = view.getUint32(at);
      if (length > FRAME_BYTES_MAX) throw new Error(`the peer announced a frame of ${length} bytes`);
      if (bytes.length - at - 4 < length) break;
      if (length > 0) frames.push(bytes.subarray(at + 4, at + 4 + length));
      at += 4 + length;
    }
    this.#pending = bytes.subarray(at);
    return frames;
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a, 0);
  bytes.set(b, a.length);
  return bytes;
}
