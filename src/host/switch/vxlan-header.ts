/**
 * The header before an Ethernet frame in a VXLAN datagram: RFC 7348, section 5.
 *
 *      0               8                              31
 *     |R R R R I R R R|            reserved            |
 *     |        VXLAN network identifier       | reserved|
 *
 * Flag I says that the identifier (VNI) is valid. Reserved bits are sent as zero and not looked at.
 */

const HEADER_BYTES = 8;
const FLAG_I = 0x08;
export const VNI_MAX = 2 ** 24 - 1;

/** The datagram that carries `frame` in segment `vni`. */
export function encodeVxlan(vni: number, frame: Uint8Array): Uint8Array {
  const datagram = new Uint8Array(HEADER_BYTES + frame.length);
  datagram[0] = FLAG_I;
  new DataView(datagram.buffer).setUint32(4, vni * 256);
  datagram.set(frame, HEADER_BYTES);
  return datagram;
}

/** Undefined for what is no VXLAN datagram. The frame shares the datagram's memory. */
export function decodeVxlan(datagram: Uint8Array): { readonly vni: number; readonly frame: Uint8Array } | undefined {
  if (datagram.length < HEADER_BYTES || (datagram[0]! & FLAG_I) === 0) return undefined;
  const view = new DataView(datagram.buffer, datagram.byteOffset, HEADER_BYTES);
  return { vni: view.getUint32(4) >>> 8, frame: datagram.subarray(HEADER_BYTES) };
}
