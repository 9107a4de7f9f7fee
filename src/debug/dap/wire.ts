/**
 * Messages on a stream of bytes: `Content-Length: N`, an empty line, N bytes of JSON. Debug Adapter Protocol, "Base
 * Protocol". Whatever comes in, the next sound message is read: one that cannot be is told and passed over. A header
 * that is not clean may be of another protocol, HTTP for one: who takes a stream from anybody is to end it there.
 */

export type Incoming =
  | { readonly kind: 'message'; readonly message: unknown }
  | { readonly kind: 'damaged'; readonly in: 'header' | 'message'; readonly what: string };

/** Longest message that is believed. */
const LENGTH_MAX = 1 << 26;
const HEADER_MAX = 1 << 14;
const END = '\r\n\r\n';
/** A length that a message may be found by, behind whatever there is. */
const LENGTH = /content-length:[ \t]*(\d{1,9})[ \t]*(?:\r\n[^\r\n]*)*$/i;
/** One length, and types; Content-Type is the base protocol's only other field, of its older versions. */
const CLEAN = /^(?:content-type:[^\r\n]*\r\n)*content-length:[ \t]*\d{1,9}[ \t]*(?:\r\ncontent-type:[^\r\n]*)*$/i;
const utf8 = new TextDecoder();
const latin1 = new TextDecoder('latin1');
const encoder = new TextEncoder();

export function encodeMessage(message: object): Uint8Array {
  const body = encoder.encode(JSON.stringify(message));
  const header = encoder.encode(`Content-Length: ${body.length}${END}`);
  const bytes = new Uint8Array(header.length + body.length);
  bytes.set(header);
  bytes.set(body, header.length);
  return bytes;
}

export class MessageReader {
  #bytes = new Uint8Array(0);
  /** Of the message whose header has been read. */
  #length: number | undefined;

  /** What these bytes complete. */
  *push(bytes: Uint8Array): Generator<Incoming> {
    const all = new Uint8Array(this.#bytes.length + bytes.length);
    all.set(this.#bytes);
    all.set(bytes, this.#bytes.length);
    this.#bytes = all;
    for (;;) {
      if (this.#length === undefined && !(yield* this.#header())) return;
      if (this.#length === undefined) continue;
      if (this.#bytes.length < this.#length) return;
      yield parsed(this.#taken(this.#length));
      this.#length = undefined;
    }
  }

  /** Whether there was one, good or bad. */
  *#header(): Generator<Incoming, boolean> {
    const text = latin1.decode(this.#bytes.subarray(0, HEADER_MAX));
    const end = text.indexOf(END);
    if (end < 0) {
      if (text.length < HEADER_MAX) return false;
      this.#taken(HEADER_MAX - END.length);
      yield { kind: 'damaged', in: 'header', what: 'a header without an end' };
      return true;
    }
    this.#taken(end + END.length);
    const header = text.slice(0, end);
    const length = Number(LENGTH.exec(header)?.[1] ?? Number.NaN);
    if (!CLEAN.test(header) || length > LENGTH_MAX) {
      yield { kind: 'damaged', in: 'header', what: 'a header that is not a length alone' };
    }
    this.#length = length <= LENGTH_MAX ? length : undefined;
    return true;
  }

  #taken(length: number): Uint8Array {
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.slice(length);
    return taken;
  }
}

function parsed(bytes: Uint8Array): Incoming {
  try {
    return { kind: 'message', message: JSON.parse(utf8.decode(bytes)) as unknown };
  } catch (error) {
    const what = `a message that is no JSON: ${error instanceof Error ? error.message : error}`;
    return { kind: 'damaged', in: 'message', what };
  }
}
