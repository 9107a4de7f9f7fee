/** Frames of a client of `udp-kv`: IPv4 and UDP on Ethernet, as little as it needs. RFC 791, RFC 768. */

const CLIENT = { mac: [0x02, 0, 0, 0, 0, 1], address: [10, 0, 2, 2], port: 40000 };
const GUEST = { mac: [0x52, 0x54, 0, 0x12, 0x34, 0x56], address: [10, 0, 2, 15], port: 7000 };
const ETHERNET_BYTES = 14;
const IP_BYTES = 20;
const UDP_BYTES = 8;
const UDP = 17;

/** A datagram to the guest, in the framing of the stream socket. */
export function udpFrame(text: string): Uint8Array {
  const data = new TextEncoder().encode(text);
  const frame = new Uint8Array(ETHERNET_BYTES + IP_BYTES + UDP_BYTES + data.length);
  const view = new DataView(frame.buffer);
  frame.set([...GUEST.mac, ...CLIENT.mac, 0x08, 0x00]);
  frame[14] = 0x45;
  view.setUint16(16, IP_BYTES + UDP_BYTES + data.length);
  frame[22] = 64;
  frame[23] = UDP;
  frame.set([...CLIENT.address, ...GUEST.address], 26);
  view.setUint16(24, checksum(frame.subarray(14, 34)));
  view.setUint16(34, CLIENT.port);
  view.setUint16(36, GUEST.port);
  view.setUint16(38, UDP_BYTES + data.length);
  frame.set(data, 42);
  const message = new Uint8Array(4 + frame.length);
  new DataView(message.buffer).setUint32(0, frame.length);
  message.set(frame, 4);
  return message;
}

/** The text of a datagram from the guest to the client; undefined for any other frame. */
export function dataOf(frame: Uint8Array): string | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < 42 || view.getUint16(12) !== 0x0800 || frame[23] !== UDP) return undefined;
  if (view.getUint16(36) !== CLIENT.port) return undefined;
  return new TextDecoder().decode(frame.subarray(42, 34 + view.getUint16(38)));
}

function checksum(header: Uint8Array): number {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  let sum = 0;
  for (let i = 0; i < header.length; i += 2) sum += view.getUint16(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
