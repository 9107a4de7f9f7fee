/**
 * The remote protocol's stream taken apart: packets `$body#checksum`, acknowledgements and the interrupt byte. gdb
 * manual, "Overview" and "Interrupts" of the appendix "Remote Protocol".
 *
 * Invariant: whatever comes in, the reader holds at most PACKET_BYTES_MAX bytes and is in step again at the next `$`.
 */

/** Longest body taken: what `PacketSize` in the answer to qSupported states. */
export const PACKET_BYTES_MAX = 0x4000;

export type Incoming =
  | { readonly kind: 'packet'; readonly body: Uint8Array }
  /** A packet whose checksum is wrong or that is too long: to be asked for again. */
  | { readonly kind: 'damaged' }
  | { readonly kind: 'ack' }
  | { readonly kind: 'nack' }
  | { readonly kind: 'interrupt' };

const DOLLAR = 0x24;
const HASH = 0x23;
const PLUS = 0x2b;
const MINUS = 0x2d;
const ESCAPE = 0x7d;
const ESCAPE_FLIP = 0x20;
const INTERRUPT = 0x03;

export class PacketReader {
  #state: 'between' | 'body' | 'checksum' = 'between';
  /** As sent: escapes still in it. */
  #body: number[] = [];
  #sum = 0;
  #checksum = '';
  #tooLong = false;

  /** What the bytes complete, in order. */
  *push(bytes: Uint8Array): Generator<Incoming> {
    for (const byte of bytes) {
      const incoming = this.#take(byte);
      if (incoming !== undefined) yield incoming;
    }
  }

  #take(byte: number): Incoming | undefined {
    // `$` is escaped inside packets, so it begins one wherever it stands: the one before was cut.
    if (byte === DOLLAR) return this.#begin();
    switch (this.#state) {
      case 'between':
        return between(byte);
      case 'body':
        if (byte === HASH) this.#state = 'checksum';
        else this.#add(byte);
        return undefined;
      case 'checksum':
        this.#checksum += String.fromCharCode(byte);
        return this.#checksum.length === 2 ? this.#end() : undefined;
    }
  }

  #begin(): undefined {
    this.#state = 'body';
    this.#body = [];
    this.#sum = 0;
    this.#checksum = '';
    this.#tooLong = false;
  }

  #add(byte: number): void {
    this.#sum = (this.#sum + byte) & 0xff;
    if (this.#body.length < PACKET_BYTES_MAX) this.#body.push(byte);
    else this.#tooLong = true;
  }

  #end(): Incoming {
    this.#state = 'between';
    const sound = /^[0-9a-fA-F]{2}$/.test(this.#checksum) && Number.parseInt(this.#checksum, 16) === this.#sum;
    return sound && !this.#tooLong ? { kind: 'packet', body: unescaped(this.#body) } : { kind: 'damaged' };
  }
}

/** Anything else between packets is noise. */
function between(byte: number): Incoming | undefined {
  if (byte === INTERRUPT) return { kind: 'interrupt' };
  if (byte === PLUS) return { kind: 'ack' };
  if (byte === MINUS) return { kind: 'nack' };
  return undefined;
}

function unescaped(body: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  for (let i = 0; i < body.length; i++) {
    const byte = body[i]!;
    const next = body[i + 1];
    if (byte === ESCAPE && next !== undefined) {
      bytes.push(next ^ ESCAPE_FLIP);
      i++;
    } else {
      bytes.push(byte);
    }
  }
  return Uint8Array.from(bytes);
}
