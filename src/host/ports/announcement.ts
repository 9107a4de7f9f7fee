/**
 * The frame that tells switches where a card is now: a broadcast RARP request (RFC 903) from it, as QEMU's
 * announce-self sends. A host that gets one does nothing; every switch on the way learns the card's new place.
 */

const ETHERTYPE_RARP = 0x8035;
const ETHERTYPE_IPV4 = 0x0800;
const REVERSE_REQUEST = 3;
/** The shortest Ethernet frame, without its check sequence. */
const FRAME_BYTES_MIN = 60;

/** `mac`: 6 bytes. */
export function announcement(mac: Uint8Array): Uint8Array {
  const frame = new Uint8Array(FRAME_BYTES_MIN);
  const view = new DataView(frame.buffer);
  frame.fill(0xff, 0, 6);
  frame.set(mac, 6);
  view.setUint16(12, ETHERTYPE_RARP);
  view.setUint16(14, 1); // Ethernet
  view.setUint16(16, ETHERTYPE_IPV4);
  view.setUint8(18, 6);
  view.setUint8(19, 4);
  view.setUint16(20, REVERSE_REQUEST);
  frame.set(mac, 22);
  frame.set(mac, 32);
  return frame;
}
