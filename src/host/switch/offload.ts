/**
 * Frames whose checksum their sender left to a network card. A kernel does so on its vxlan device; between two network
 * namespaces of one machine there is no card, and the frames arrive unfinished, or as segments longer than any MTU.
 * The guest would drop them without a word. Such a frame holds the sum of the pseudo-header in place of the checksum
 * (RFC 9293, 3.1; RFC 768); IPv4 alone is looked at.
 */

const ETH = 14;
const ETHERTYPE_IPV4 = 0x0800;
/** Protocol -> where its checksum is. */
const CHECKSUM_AT: Readonly<Record<number, number>> = { 6: 16, 17: 6 };

/** `frame` holds an Ethernet header. */
export function isUnfinished(frame: Uint8Array): boolean {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < ETH + 20 || view.getUint16(12) !== ETHERTYPE_IPV4) return false;
  const payload = ETH + 4 * (frame[ETH]! & 15);
  const end = ETH + view.getUint16(ETH + 2);
  const protocol = frame[ETH + 9]!;
  const field = payload + (CHECKSUM_AT[protocol] ?? Number.NaN);
  const isFragment = (view.getUint16(ETH + 6) & 0x3fff) !== 0;
  if (isFragment || end > frame.length || !(field + 2 <= end)) return false;
  const pseudo = folded(sum(view, ETH + 12, ETH + 20) + protocol + (end - payload));
  if (view.getUint16(field) !== pseudo) return false;
  // One sound frame in 65,536 has this very checksum.
  return folded(pseudo + sum(view, payload, end)) !== 0xffff;
}

function sum(view: DataView, from: number, to: number): number {
  let total = 0;
  for (let at = from; at + 1 < to; at += 2) total += view.getUint16(at);
  return (to - from) % 2 === 0 ? total : total + view.getUint8(to - 1) * 256;
}

/** The ones' complement sum in 16 bits (RFC 1071). */
function folded(total: number): number {
  let value = total;
  while (value > 0xffff) value = (value & 0xffff) + (value >>> 16);
  return value;
}
